import { filter, firstValueFrom, map, merge, timer, startWith } from 'rxjs';
import type { RuntimeParts } from './RuntimeParts.js';
import { runtimeError } from './RuntimeError.js';

/** Lets what is at work end and be stored, up to a deadline in ms; then lets the store go. */
export const closeParts = async (parts: RuntimeParts, deadlineMs: number): Promise<void> => {
  const { keeping, due, ends, flows, settings } = parts;
  const closed = runtimeError('CLOSED', { call: 'done' });
  keeping.stop();
  due.stop();
  for (const run of keeping.runs) run.stop();
  await quiet(parts, deadlineMs);
  for (const job of keeping.jobs.values()) job.abandon(closed);
  for (const flow of flows.values()) flow.close();
  ends.fail(closed);
  await settings.store.close(parts.epoch);
};

/** Resolves when nothing is at work, and all is stored. */
const quiet = async ({ keeping }: RuntimeParts, deadlineMs: number): Promise<void> => {
  const isQuiet = (): boolean =>
    keeping.runs.every(({ active, journal, hasToStore }) => active === 0 && !journal.isOpen && !hasToStore);
  const quiet$ = keeping.stored$.pipe(startWith(undefined), map(isQuiet), filter(Boolean));
  await firstValueFrom(merge(quiet$, timer(deadlineMs)));
};
