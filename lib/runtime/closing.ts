import { catchError, firstValueFrom, from, merge, timer } from 'rxjs';
import type { RuntimeParts } from './RuntimeParts.js';
import { runtimeError } from './RuntimeError.js';

/** Lets what is at work end and be stored, up to a deadline in ms; then lets the store go. */
export const closeParts = async (parts: RuntimeParts, deadlineMs: number): Promise<void> => {
  const { keeping, due, ends, flows, settings, failure } = parts;
  const closed = runtimeError('CLOSED', { call: 'done' });
  keeping.stop();
  due.stop();
  for (const run of keeping.runs) run.stop();
  if (failure === undefined) await quiet(parts, deadlineMs);
  for (const job of keeping.jobs.values()) job.abandon(closed);
  for (const flow of flows.values()) flow.close();
  ends.fail(closed);
  await settings.store.close(parts.epoch);
};

/** Resolves when nothing is at work, and all is stored; or when nothing is stored any more. */
const quiet = async ({ keeping }: RuntimeParts, deadlineMs: number): Promise<void> => {
  const quiet$ = from(Promise.all(keeping.runs.map((run) => run.whenQuiet())));
  const lost$ = quiet$.pipe(catchError(() => from([undefined])));
  await firstValueFrom(merge(lost$, timer(deadlineMs)));
};
