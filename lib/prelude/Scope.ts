/** A value that follows the work it was set for, across every `await`, timer and callback. */
export interface AsyncContext<T> {
  run<A, B, R>(value: T, work: (a: A, b: B) => R, a: A, b: B): R;
  get(): T | undefined;
  /** What the platform keeps such a value in, one of each kind, kept alive (see `keepWarm.ts`). */
  keepWarm(): unknown;
}

/** Enters the async context in which it was captured: what the caller's own async storages held there. */
export interface Scope {
  runInAsyncScope<A extends unknown[]>(work: (...args: A) => void, self: unknown, ...args: A): void;
}
