import type { AsyncContext, Scope } from './Scope.js';

/** This platform carries nothing across an `await`. */
export const createAsyncContext = <T>(): AsyncContext<T> | undefined => undefined;

/** Runs work in the async context of here and now; without one it just runs it. */
export const captureScope = (): Scope | undefined => undefined;
