/** From here on, Date of this thread is as many milliseconds from the real one as the memory that is shared says. */
export function followShift(shift: SharedArrayBuffer): void {
  const real = Date;
  const milliseconds = new Float64Array(shift);
  const now = (): number => Math.round(real.now() + (milliseconds[0] ?? 0));
  globalThis.Date = new Proxy(real, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, member) => (member === "now" ? now : Reflect.get(target, member)),
  });
}
