import type { JobRecord, SlotActivationTask } from '../job/JobRecord.js';
import type { Seen } from './recordMarbles.js';

/** One call of a handler in a recorded run. */
export interface HandlerCall {
  readonly task: SlotActivationTask;
  /** The index of the record of its beginning. */
  readonly begun: number;
  /** The index of the record of its end; `Infinity` if the run has none. */
  readonly ended: number;
  /** The engine refused the input, so nobody called the handler. */
  readonly refused: boolean;
  /** The name in a replay: `routine.slot 1` is the first call of that slot's handler. A refused call does not count. */
  readonly name: `${string} ${number}`;
}

/** The calls of handlers in a recorded run, in the order of their beginning. */
export class HandlerCalls {
  readonly all: readonly HandlerCall[];
  readonly #byAttempt: ReadonlyMap<string, HandlerCall>;

  constructor(seen: readonly Seen[]) {
    this.all = callsIn(seen);
    this.#byAttempt = new Map(this.all.map((call) => [attemptKey(call.task), call]));
  }

  of(task: SlotActivationTask): HandlerCall | undefined {
    return this.#byAttempt.get(attemptKey(task));
  }

  /** The last call that began before a record. */
  lastBefore(index: number): HandlerCall | undefined {
    return this.all.filter((call) => call.begun < index && !call.refused).at(-1);
  }

  /**
   * The call of this routine that a record comes from. If several are at work, it is the one that ends next, since a handler may
   * emit right before its end; if none is, it is the last one.
   */
  actorAt(index: number, routineId: string): HandlerCall | undefined {
    const before = this.all.filter((call) => call.task.routineId === routineId && call.begun < index && !call.refused);
    const atWork = before.filter(({ ended }) => ended > index).sort((a, b) => a.ended - b.ended);
    return atWork[0] ?? before.at(-1);
  }
}

/** Tells the attempts of all tasks apart. */
export const attemptKey = ({ taskId, attempt }: SlotActivationTask): string => `${attempt} ${taskId}`;

const callsIn = (seen: readonly Seen[]): readonly HandlerCall[] => {
  const ends = endsIn(seen);
  const counts = new Map<string, number>();
  return seen.flatMap(({ record }, begun) => (record.type === 'taskStarted' ? [callOf(record, begun)] : []));

  function callOf(task: SlotActivationTask, begun: number): HandlerCall {
    const { ended = Infinity, refused = false } = ends.get(attemptKey(task)) ?? {};
    return { task, begun, ended, refused, name: nameOf(`${task.routineId}.${task.slot}`, refused) };
  }

  function nameOf(place: string, refused: boolean): HandlerCall['name'] {
    const count = (counts.get(place) ?? 0) + (refused ? 0 : 1);
    counts.set(place, count);
    return `${place} ${count}`;
  }
};

const endsIn = (seen: readonly Seen[]): ReadonlyMap<string, Pick<HandlerCall, 'ended' | 'refused'>> => {
  const ends = new Map<string, Pick<HandlerCall, 'ended' | 'refused'>>();
  for (const [index, { record }] of seen.entries())
    if (record.type === 'taskSettled' && !ends.has(attemptKey(record)))
      ends.set(attemptKey(record), { ended: index, refused: isRefusal(record) });
  return ends;
};

/** Failures of a task whose handler is never called. */
const REFUSALS = ['PAYLOAD_MISMATCH', 'BAD_MERGE', 'BAD_MAPPING', 'BAD_DECODE'];

const isRefusal = ({ error }: JobRecord & { readonly type: 'taskSettled' }): boolean =>
  REFUSALS.includes(String((error as { code?: unknown } | undefined)?.code));
