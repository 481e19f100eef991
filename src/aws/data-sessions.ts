import type { DataSession, SessionOptions } from "./data-api.ts";

type Settings = SessionOptions["settings"];

/** The sessions of one slice with one database: the first, and those opened beside it. All of them end together. */
export class DataSessions {
  readonly #open: (settings: Settings, reader?: string) => DataSession;
  readonly #sessions: DataSession[];
  readonly first: DataSession;

  constructor(open: (settings: Settings, reader?: string) => DataSession) {
    this.#open = open;
    this.first = open({});
    this.#sessions = [this.first];
  }

  /** `reader`: the role under which it asks the plan's own SQL. */
  another(settings: Settings = {}, reader?: string): DataSession {
    const session = this.#open(settings, reader);
    this.#sessions.push(session);
    return session;
  }

  /** Calls made so far in all of them: what the Data API bills. */
  get calls(): number {
    return this.#sessions.reduce((sum, { calls }) => sum + calls, 0);
  }

  async end(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.end()));
  }
}
