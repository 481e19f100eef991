/** Errors that are thrown on purpose, by class: `Drill.*`, and what a docstring says of an inner interface. */
export const is =
  (...classes: readonly (abstract new (...args: never[]) => Error)[]) =>
  (error: Error): boolean =>
    classes.some((named) => error instanceof named);

export const none = (): boolean => false;
