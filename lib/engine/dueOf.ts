import { checkOption } from '../flow/checkOption.js';
import { flowError } from '../flow/FlowError.js';
import type { EmitOptions } from '../flow/TaskContext.js';
import { isObject } from '../prelude/has.js';
import type { Due } from './Emission.js';

/** A job as the time is asked for. */
interface Clocked {
  readonly ledger: { readonly now: number };
  readonly engine: {
    readonly drain: { refresh(): void };
    readonly time: { readonly elapsed: number; readonly reading: number };
  };
}

/** The last instant that a Date can tell, epoch ms. */
export const LAST = 8.64e15;

/**
 * When the tasks of an emission are due; undefined if that is now. The clock may be the user's, and is asked.
 *
 * @throws FlowError `BAD_OPTION`
 */
export const dueOf = ({ ledger, engine }: Clocked, { delayMs, at }: EmitOptions): Due | undefined => {
  if (delayMs === undefined && at === undefined) return undefined;
  engine.drain.refresh();
  const { elapsed, reading } = engine.time;
  const now = ledger.now + elapsed - reading;
  const instant = instantOf({ delayMs, at }, now);
  return instant > now ? { at: instant, reading: elapsed + instant - now } : undefined;
};

const instantOf = ({ delayMs, at }: EmitOptions, now: number): number =>
  at === undefined ? now + checkDelay(delayMs as number, now) : checkInstant(at, delayMs);

const checkDelay = (delayMs: number, now: number): number =>
  checkOption(
    'delayMs',
    delayMs,
    typeof delayMs === 'number' && delayMs >= 0 && now + delayMs <= LAST,
    'a number of ms, 0 or more, that ends at a time a Date can tell',
  );

const checkInstant = (at: Date, delayMs: number | undefined): number => {
  checkOption('at', at, delayMs === undefined, 'no `at` beside `delayMs`: one of the two');
  const instant = isDate(at) ? at.getTime() : NaN;
  checkOption('at', at, !Number.isNaN(instant), 'a valid Date');
  return instant;
};

/** Also one of another realm. */
const isDate = (at: unknown): at is Date => isObject(at) && Object.prototype.toString.call(at) === '[object Date]';

/** Outside any job nothing keeps an emission until it is due. @throws FlowError `BAD_OPTION`, `NO_CONTEXT` */
export const refuseDelay = (event: string, options: EmitOptions | undefined): void => {
  if (options?.delayMs === undefined && options?.at === undefined) return;
  instantOf(options, 0);
  const call = `emit('${event}') with delayMs or at`;
  throw flowError('NO_CONTEXT', { call, instead: 'emit it in a handler of a job, which keeps it until then' });
};
