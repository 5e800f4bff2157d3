import { deferred } from './flows.js';
import { turn } from './virtualTime.js';

/**
 * Lets all settle that needs no time. The pump yields after some ms of work, which on a busy machine may be after every task;
 * but in each turn it runs at least one, so that ten turns are enough for ten tasks.
 */
export const rest = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns++) await turn();
};

/** Lets the event loop turn until it is so; gives up after many turns, and says whether it is. */
export const until = async (isSo: () => boolean, turns = 500): Promise<boolean> => {
  for (let left = turns; left > 0 && !isSo(); left--) {
    await turn();
    // Files and streams take real time.
    if (left < turns - 50) await new Promise<void>((resolve) => void setTimeout(resolve, 1));
  }
  return isSo();
};

/** Where so many wait for each other: a promise that resolves once as many have asked for it. */
export const meeting = (count: number): (() => Promise<void>) => {
  const { promise, resolve } = deferred();
  let come = 0;
  return () => {
    if (++come === count) resolve();
    return promise;
  };
};
