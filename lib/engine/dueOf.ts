import { flowError } from '../flow/FlowError.js';
import { instantOf } from '../flow/instantOf.js';
import type { EmitOptions } from '../flow/TaskContext.js';
import type { Due } from './Emission.js';

/** A job as the time is asked for. */
interface Clocked {
  readonly ledger: { readonly now: number };
  readonly engine: {
    readonly drain: { refresh(): void };
    readonly time: { readonly elapsed: number; readonly reading: number };
  };
}

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

/** Outside any job nothing keeps an emission until it is due. @throws FlowError `BAD_OPTION`, `NO_CONTEXT` */
export const refuseDelay = (event: string, options: EmitOptions | undefined): void => {
  if (options?.delayMs === undefined && options?.at === undefined) return;
  instantOf(options, 0);
  const call = `emit('${event}') with delayMs or at`;
  throw flowError('NO_CONTEXT', { call, instead: 'emit it in a handler of a job, which keeps it until then' });
};
