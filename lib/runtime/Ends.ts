import { quietRefusal } from '../prelude/refusal.js';

interface Awaited<S> {
  readonly promise: Promise<S>;
  readonly resolve: (state: S) => void;
  readonly reject: (error: unknown) => void;
}

const awaited = <S>(): Awaited<S> => {
  let resolve: Awaited<S>['resolve'] = () => undefined;
  let reject: Awaited<S>['reject'] = () => undefined;
  const promise = new Promise<S>((...settle) => ([resolve, reject] = settle));
  // Who awaits it hears of it.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
};

/** Who waits for the ends of jobs. */
export class Ends<S> {
  readonly #awaited = new Map<string, Awaited<S>>();
  #failure: { readonly error: unknown } | undefined = undefined;

  /** Resolves at the end of a job. */
  of(jobId: string): Promise<S> {
    if (this.#failure !== undefined) return quietRefusal(this.#failure.error);
    const known = this.#awaited.get(jobId) ?? awaited<S>();
    this.#awaited.set(jobId, known);
    return known.promise;
  }

  isAwaited(jobId: string): boolean {
    return this.#awaited.has(jobId);
  }

  tell(jobId: string, state: S): void {
    this.#awaited.get(jobId)?.resolve(state);
    this.#awaited.delete(jobId);
  }

  /** It has ended, and cannot be read. */
  refuse(jobId: string, error: unknown): void {
    this.#awaited.get(jobId)?.reject(error);
    this.#awaited.delete(jobId);
  }

  /** Nobody hears of an end any more. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { reject } of this.#awaited.values()) reject(error);
    this.#awaited.clear();
  }
}
