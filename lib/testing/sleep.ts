import { checkOption } from '../flow/checkOption.js';
import type { VirtualClock } from './VirtualClock.js';

/** @throws FlowError `BAD_OPTION` */
export const checkMs = (ms: number, option = 'ms'): number =>
  checkOption(option, ms, typeof ms === 'number' && ms >= 0, 'a number from 0 up, in ms');

/** Resolves after ms of virtual time; rejects with the signal's reason as soon as it aborts. */
export const sleep = (clock: VirtualClock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    checkMs(ms);
    const timer = clock.schedule(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    function aborted(): void {
      timer.unsubscribe();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the signal's reason, as it is
      reject(signal?.reason);
    }
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
