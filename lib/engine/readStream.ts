import { type Observable, takeWhile } from 'rxjs';
import { pull } from './pull.js';
import type { Leave, Reading } from './Reading.js';
import type { Stream } from './streamIn.js';

/**
 * Reads a stream to its end; gives what leaves it before. What can wait is asked for one value after the other, and left at once, also
 * while it waits for the next one. What is pushed comes as it comes.
 */
export const readStream = (stream: Stream, reading: Reading): Leave =>
  stream.kind === 'pulled' ? pull(stream.open(), stream.source, reading) : push(stream.observe, reading);

const push = (observe: (reason: () => unknown) => Observable<unknown>, { give, fail, end, isOver }: Reading): Leave => {
  let reason: unknown;
  // An error thrown while a value is taken would be nobody's.
  const next = (value: unknown): void => {
    try {
      give(value);
    } catch (error) {
      fail(error);
    }
  };
  // A stream that emits without a pause is left at the next value.
  const subscription = observe(() => reason)
    // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- it is the reader that says when to stop
    .pipe(takeWhile(() => !isOver()))
    .subscribe({ next, error: fail, complete: end });
  return (why) => {
    reason = why;
    subscription.unsubscribe();
  };
};
