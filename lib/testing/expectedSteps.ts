import type { SlotActivationTask } from '../job/JobRecord.js';
import type { HandlerCalls } from './HandlerCalls.js';
import type { Step } from './Line.js';
import { END, noteRecord, type Recorder } from './recordMarbles.js';

/** What diagrams show of a recorded run when it is replayed: `times` says when each record comes, in ms. */
export const expectedSteps = (
  { seen, taken }: Pick<Recorder, 'seen' | 'taken'>,
  calls: HandlerCalls,
  times: readonly number[],
): readonly Step[] => {
  const steps: Step[] = [];
  const take = taker(taken, calls);
  for (const [index, { record }] of seen.entries()) {
    const step = { at: times[index] ?? 0, order: steps.length, jobId: record.jobId };
    noteRecord((kind, value, place = {}) => void steps.push({ ...step, kind, value, ...place }), record);
    if (record.type === 'taskStarted') steps.push(...take(record).map((one) => ({ ...step, ...one })));
    if (record.type === 'ended') steps.push({ ...step, kind: 'end', value: END[record.status] });
  }
  return steps;
};

/** Tells the payload of a task at the first call of its handler. */
const taker = (taken: Recorder['taken'], calls: HandlerCalls): ((task: SlotActivationTask) => readonly Taken[]) => {
  const left = new Map([...taken].map(([place, payloads]) => [place, payloads.values()]));
  return (task) => {
    const { routineId, slot: part, attempt } = task;
    if (attempt > 1 || calls.of(task)?.refused === true) return [];
    const value = left.get(`${routineId}.${part}`)?.next().value;
    return value === undefined ? [] : [{ kind: 'takes', value, routineId, part }];
  };
};

type Taken = Pick<Required<Step>, 'kind' | 'value' | 'routineId' | 'part'>;
