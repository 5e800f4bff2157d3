import { AssertionError } from 'node:assert/strict';
import { config, UnsubscriptionError } from 'rxjs';
import { FlowError } from '../../../lib/index.js';
import { Mischief } from './Ground.js';

/** What fails in a direct delivery, after the caller has gone, is nobody's. */
const isDirect = (error: unknown): boolean => error instanceof FlowError && error.code === 'NO_CONTEXT';

const isMischief = (error: unknown): boolean =>
  error instanceof Mischief || (error instanceof UnsubscriptionError && error.errors.every(isMischief));

export interface Strays {
  /** Fails if there was one. */
  check(): void;
  stop(): void;
}

/** Errors that nobody has caught: promises that were rejected, and what RxJS reports; but not what callbacks throw on purpose. */
export const watchStrays = (): Strays => {
  const strays: unknown[] = [];
  const note = (error: unknown): void => {
    if (!isMischief(error) && !isDirect(error)) strays.push(error);
  };
  process.prependListener('unhandledRejection', note);
  config.onUnhandledError = note;
  return {
    check: () => {
      const [stray] = strays.splice(0);
      if (stray !== undefined) throw new AssertionError({ message: 'an error that nobody has caught', actual: stray });
    },
    stop: () => {
      config.onUnhandledError = null;
      process.off('unhandledRejection', note);
    },
  };
};
