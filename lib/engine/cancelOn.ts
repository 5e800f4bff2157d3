import { describeError } from '../prelude/describeError.js';

/** The life of a job that a signal may cancel. */
interface Cancellable {
  readonly isOver: boolean;
  insteadOfBegin: (() => void) | undefined;
  cancel(reason: string): void;
  atEnd(work: () => void): void;
}

/** Cancels a job when a signal aborts. */
export const cancelOn = (signal: AbortSignal, life: Cancellable): void => {
  const abort = (): void => {
    if (!life.isOver) life.cancel(reasonOf(signal));
  };
  // One that has aborted already is answered when the job would begin, so that whoever subscribes now hears of it.
  if (signal.aborted) life.insteadOfBegin = abort;
  else signal.addEventListener('abort', abort, { once: true });
  life.atEnd(() => {
    signal.removeEventListener('abort', abort);
  });
};

/** The reason of an abort in words; an abort without one has a `DOMException` that says so. */
const reasonOf = ({ reason }: AbortSignal): string => (typeof reason === 'string' ? reason : describeError(reason).message);
