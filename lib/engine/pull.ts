import { has, isObject } from '../prelude/has.js';
import type { Leave, Reading } from './Reading.js';
import type { Pulled } from './streamIn.js';

/** After so many values in one go others get their turn: a stream may never have to wait. */
const BREATH = 256;

type Step = IteratorResult<unknown>;

/** Asks an iterator for one value after the other, as `readStream` says. */
export const pull = (iterator: Pulled, source: object, { give, fail, end, breathe, room }: Reading): Leave => {
  let stopped = false;
  let broken = false;
  let count = 0;

  const readOn = (): void => {
    while (!stopped) {
      if (room?.isFree() === false) return room.whenFree(goOn);
      const asked = ask();
      if (isPromise(asked)) return void Promise.resolve(asked).then(arrived, broke);
      if (!take(checkStep(asked))) return;
    }
  };

  const ask = (): Step | PromiseLike<Step> => {
    try {
      return iterator.next() as Step | PromiseLike<Step>;
    } catch (error) {
      broken = true;
      throw error;
    }
  };

  // One that throws when it is asked has ended by that.
  const broke = (error: unknown): void => {
    broken = true;
    fail(error);
  };

  const arrived = (step: Step): void => {
    guarded(() => {
      if (take(checkStep(step))) readOn();
    });
  };

  /** Takes a value, and says whether the next one may be asked for at once. */
  const take = (step: Step): boolean => {
    if (stopped) return false;
    // The job may have been paused meanwhile.
    if (room?.isFree() === false) room.whenFree(() => void arrived(step));
    else if (step.done === true) finish();
    else return given(step.value);
    return false;
  };

  const given = (value: unknown): boolean => {
    give(value);
    const goesOn = ++count % BREATH > 0;
    if (!goesOn) breathe(goOn);
    return goesOn;
  };

  const finish = (): void => {
    stopped = true;
    end();
  };

  const goOn = (): void => {
    guarded(readOn);
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };

  goOn();
  return (reason) => {
    if (stopped) return;
    stopped = true;
    void close(() => (broken ? undefined : iterator), source, reason);
  };
};

const isPromise = (value: unknown): value is PromiseLike<Step> => isObject(value) && has(value, 'then');

const checkStep = (step: Step): Step => {
  if (typeof (step as Step | undefined) === 'object' && (step as Step | null) !== null) return step;
  throw new TypeError('The iterator of a stream gave no object; it has to give { done, value }.');
};

/** Closes a stream that is not at its end. What it answers is nobody's any more. */
export const close = async (opened: () => Pulled | undefined, source: object, reason?: unknown): Promise<void> => {
  try {
    // One that waits for its next value would hear of it only then.
    free(source);
    await opened()?.return?.(reason);
  } catch {
    // The stream has been left; there is nobody to be told.
  }
};

/** Closes what is behind an iterator: the descriptor of a file, a reader of lines. */
const free = (source: Partial<Record<'destroy' | 'close', () => void>>): void => {
  if (typeof source.destroy === 'function') source.destroy();
  else if (typeof source.close === 'function') source.close();
};
