import { RoutiluxError } from '../../lib/index.js';

/** What a call throws; a call that throws nothing fails the spec. */
export const thrown = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

/** What a promise rejects with; one that resolves fails the spec. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('the promise resolved')),
    (error: unknown) => error,
  );

/** The error of this library that was thrown or rejected with; any other fails the spec. */
export const ours = (error: unknown): RoutiluxError => {
  if (error instanceof RoutiluxError) return error;
  throw new Error('not a RoutiluxError', { cause: error });
};
