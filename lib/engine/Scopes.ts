import type { Scope } from '../prelude/Scope.js';

/** A job with an async context of its own. */
export interface Scoped {
  /** The context of its starter, once that has to be kept. */
  readonly scope: Scope | undefined;
  /** Keeps the present context. */
  keepScope(): void;
}

/**
 * The job in whose async context the drain runs. A microtask runs in the context that asked for it, so a job that ends in its first
 * stretch needs no context of its own.
 */
export class Scopes<R extends Scoped> {
  #inside: R | undefined = undefined;
  /** The job whose start has asked for the drain to come. */
  #starter: R | undefined = undefined;

  /** Whether a job waits for the drain that it has asked for. */
  get isAwaited(): boolean {
    return this.#starter !== undefined;
  }

  /** A job is started; `asks` if the drain that comes is the one that it asks for. */
  admit(run: R, asks: boolean): void {
    if (asks) this.#starter = run;
    else run.keepScope();
  }

  /** The drain that the last starter has asked for begins. */
  begin(): void {
    this.#inside = this.#starter;
    this.#starter = undefined;
  }

  /** The drain begins in the context of a job. */
  enter(run: R): void {
    this.#inside = run;
  }

  /** The drain has ended: from here on its context is anybody's. */
  leave(): void {
    this.#inside?.keepScope();
    this.#inside = undefined;
  }

  /** Calls back in the context of a job. */
  within<S>(run: R, work: (run: R, subject: S) => void, subject: S): void {
    const { scope } = run;
    if (scope === undefined || run === this.#inside) work(run, subject);
    else scope.runInAsyncScope(work, undefined, run, subject);
  }
}
