import type { HandlerContext } from '../HandlerContext.js';
import type { Attempt } from '../Attempt.js';
import type { Run } from '../JobParts.js';
import { Tracker } from '../Tracker.js';
import type { Unfinished } from '../unfinished.js';

const doNothing = (): void => undefined;

/**
 * What handlers of a durable job track (`ctx.track`): an attempt ends when all of it has, and fails with it, since all that it does is stored
 * with its end.
 */
export class KeptPromises extends Tracker<Run> {
  override follow(attempt: Attempt<Run>, work: PromiseLike<unknown>): void {
    (attempt.more.kept ??= []).push(work);
    // If the handler fails first, nobody else hears of it.
    work.then(doNothing, doNothing);
  }
}

/** What an attempt waits for whose handler has ended. */
export const leftBy = ({ rare }: HandlerContext<Run>): Unfinished | undefined => {
  const kept = rare.kept?.splice(0) ?? [];
  return kept.length === 0 ? undefined : { kind: 'promise', work: Promise.all(kept).then(doNothing) };
};
