import { HandlerContext } from '../engine/HandlerContext.js';
import type { Context } from '../flow/Context.js';
import type { JobParts } from '../engine/JobParts.js';
import { keepStreams, streamsOf } from '../engine/JobStreams.js';
import type { StreamKind } from '../engine/streamKinds.js';
import type { Data } from '../flow/Data.js';
import { flowError } from '../flow/FlowError.js';
import { streamChanged, streamForgotten, streamOpened, streamsSet } from '../job/noteStream.js';
import type { StreamState } from '../job/StreamState.js';
import type { Event, Routine, Slot } from '../plan/Plan.js';
import { copyGiven } from '../prelude/plainObject.js';
import { type DefinedRoutine, defineRoutine } from '../defineRoutine.js';
import { jobOf } from './jobOf.js';
import { type PayloadOf, payloadOf } from './payloadOf.js';
import { checkSource, read, type Source } from './read.js';

/**
 * Opens a source anew for each run of it; `cursor` says how many values a job that is taken up has had of it before, 0 at first,
 * and `params` is what came to `trigger`.
 */
export type OpenSource<T> = (cursor: number, params: Data) => Source<T>;

/** A routine with a slot `trigger` and an event `output`. */
export type SourceRoutine<Out> = DefinedRoutine<{ trigger: Data }, { output: PayloadOf<Out> }>;

/**
 * A source as a routine: what comes to its slot `trigger` begins to read it, each value is emitted on its event `output` (one
 * that is no plain object under `value`), and the job stays open until the source has completed. It holds no worker.
 *
 * A source that can wait (an iterable, a readable stream) is read no faster than the flow takes: no further than `maxQueued` of
 * the job or of the slots behind it with `overflow: 'block'`, 256 tasks if the job has none; not at all while the job is
 * paused. An observable cannot wait. An error of the source is a failure of `trigger`, without a retry; if the job ends
 * before it, the source is unsubscribed from, returned or destroyed.
 *
 * A snapshot of a job that reads is refused (`NOT_SERIALISABLE`), unless the source is a function that takes a cursor
 * (a parameter without a default): it is called again when the job is taken up, with the number of values given before.
 *
 * @example
 * const lines = fromSource('lines', (cursor, { path }) => linesFrom(path, cursor));
 * flow.addRoutine(lines, 'lines');
 * await flow.execute('lines', { path: 'access.log' });
 *
 * @throws FlowError `BAD_NAME`, `BAD_OPTION`
 */
export const fromSource = <Out>(type: string, source: Source<Out> | OpenSource<Out>): SourceRoutine<Out> => {
  if (typeof source !== 'function') checkSource(source);
  const reader = new Reader(source);
  const routine = defineRoutine({
    type,
    events: { output: [] },
    slots: { trigger: { handler: (data, ctx) => reader.trigger(data, ctx as Context) } },
  });
  return keepStreams(routine, reader) as unknown as SourceRoutine<Out>;
};

/** Reads one source, in any number of jobs, any number of times. */
class Reader implements StreamKind {
  constructor(private readonly source: Source<unknown> | OpenSource<unknown>) {}

  trigger(params: Data, ctx: Context): void {
    if (!(ctx instanceof HandlerContext))
      throw flowError('NO_CONTEXT', { call: 'A source', instead: 'it was called directly; run the flow with execute or start' });
    this.#read(jobOf(ctx), ctx.connection.slot.routine, params, 0);
  }

  /** Goes on with what was being read. */
  open(job: JobParts, routine: Routine, left: Iterable<StreamState>): undefined {
    streamsSet(job.ledger, routine.id, []);
    for (const { inputs, given } of left) this.#goOn(job, routine, inputs?.[0] ?? {}, given);
  }

  #goOn(job: JobParts, routine: Routine, params: Data, given: number): void {
    try {
      this.#read(job, routine, params, given);
    } catch (error) {
      streamsOf(job).failAt(routine.slots.get('trigger') as Slot, error);
    }
  }

  #read(job: JobParts, routine: Routine, params: Data, cursor: number): void {
    // The function may do with its parameters what it likes.
    const kept = this.#isResumable ? [copyGiven(params, true)] : undefined;
    const source = typeof this.source === 'function' ? this.source(cursor, params) : this.source;
    // It may have ended its own job.
    if (job.life.isOver) return;
    checkSource(source);
    const event = routine.events.get('output') as Event;
    const state: StreamState = {
      inputs: kept,
      given: cursor,
      begun: true,
      stage: 'open',
    };
    streamOpened(job.ledger, routine.id, state);
    const forget = (): void => {
      streamForgotten(job.ledger, routine.id, state);
    };
    read(job, source, {
      connections: event.connections,
      give: (value) => {
        job.emissions.give(event, payloadOf(value), () => {
          streamChanged(job.ledger, routine.id, state, { given: state.given + 1 });
        });
      },
      fail: (error, told) => {
        streamsOf(job).failAt(routine.slots.get('trigger') as Slot, error, told);
      },
      end: forget,
    });
  }

  get #isResumable(): boolean {
    return typeof this.source === 'function' && this.source.length > 0;
  }
}
