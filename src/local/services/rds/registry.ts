import type { Progress } from "./timeline.ts";

export interface Registered {
  readonly id: string;
  /** Milliseconds; when the call that made it was answered. */
  readonly madeAt: number;
  /** Set once it is being deleted; it is gone when that is over. */
  deletion?: Progress;
}

/** The resources of one kind in one region, by identifier. What has been deleted leaves by the clock, without a timer. */
export class Registry<T extends Registered> {
  readonly #held = new Map<string, T>();
  readonly #now: () => number;
  readonly #visibilityMilliseconds: number;

  constructor(now: () => number, visibilityMilliseconds: number) {
    this.#now = now;
    this.#visibilityMilliseconds = visibilityMilliseconds;
  }

  add(resource: T): void {
    this.#held.set(resource.id, resource);
  }

  /** At once, whatever it takes on AWS. */
  remove(id: string): void {
    this.#held.delete(id);
  }

  /** What a call that changes something sees: everything that is not gone. */
  find(id: string): T | undefined {
    const found = this.#held.get(id);
    if (!found?.deletion?.isOver) return found;
    this.#held.delete(id);
    return undefined;
  }

  all(): T[] {
    return [...this.#held.keys()].flatMap((id) => this.find(id) ?? []);
  }

  /** What a Describe call sees: not yet what was made a moment ago. */
  isVisible(resource: T): boolean {
    return this.#now() >= resource.madeAt + this.#visibilityMilliseconds;
  }

  visible(): T[] {
    return this.all().filter((resource) => this.isVisible(resource));
  }
}
