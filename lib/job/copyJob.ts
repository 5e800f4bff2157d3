import type { Connection } from '../flow/Connection.js';
import { BoundedLog } from '../prelude/BoundedLog.js';
import { pick } from '../prelude/pick.js';
import { copyApart } from '../prelude/plainObject.js';
import { History } from './History.js';
import { JobData } from './JobData.js';
import { byDueTime, type RemainingTask, type RemainingWork, statusElsewhere, WrittenWork } from './RemainingWork.js';
import { RoutineData } from './RoutineData.js';
import { SharedSpace } from './SharedSpace.js';
import { Times } from './stopwatch.js';
import { isWorthTelling, type StreamState } from './StreamState.js';

/**
 * A job as it is at this instant, and apart from whoever runs it: the same as its JSON, read back. Whoever
 * calls this has seen that it can be written down.
 */
export const copyJob = (job: JobData): JobData => {
  const { createdAt, history, shared } = job;
  const rest = job.source?.remaining();
  return Object.assign(new JobData(job.jobId, job.flowId, createdAt, history.bound), {
    ...pick(job, 'error', 'reason', 'currentRoutineId', 'updatedAt', 'dropped', 'highWater'),
    status: statusElsewhere(job, rest),
    history: History.of(history.bound, createdAt, copyApart(history.written()), history.dropped),
    pausePoints: copyApart(job.pausePoints),
    deferred: copyApart(job.deferred),
    shared: new SharedSpace(copyApart(shared.values), copyLog(shared.entries)),
    outputs: copyLog(job.outputs),
    routines: new Map([...job.routines].map(([id, routine]) => [id, copyRoutine(routine)])),
    streams: new Map([...job.streams].map(([id, states]) => [id, [...states].filter(isWorthTelling).map(copyStream)])),
    waits: new Map([...job.waits].map(([token, wait]) => [token, copyApart(wait)])),
    answered: new Set(job.answered),
    source: rest && new WrittenWork(copyWork(rest)),
  });
};

const copyLog = <T>(log: BoundedLog<T>): BoundedLog<T> => BoundedLog.of(log.bound, copyApart([...log]), log.dropped);

/** Without what only matters as long as its tasks are at work. */
const copyRoutine = (routine: RoutineData): RoutineData =>
  Object.assign(new RoutineData(routine.routineId, routine.slotNames, routine.eventNames), routine, {
    active: 0,
    own: copyApart(routine.own),
    held: copyApart(routine.held),
    emitted: [...routine.emitted],
    highWater: [...routine.highWater],
    times: Object.assign(new Times(), pick(routine.times, 'executionTimeMs', 'timed', 'totalMs', 'minMs', 'maxMs')),
  });

/** If its inputs are not kept, it is over, and they are not asked for again. */
const copyStream = ({ inputs = [], given, stage }: StreamState): StreamState => ({
  inputs: copyApart(inputs),
  given,
  stage,
  begun: inputs.length > 0 || given > 0,
});

const copyWork = ({ tasks, ...rest }: RemainingWork): RemainingWork => ({
  ...rest,
  tasks: tasks.map(copyTask).sort(byDueTime),
});

const copyTask = ({ data, connection, ...task }: RemainingTask): RemainingTask => ({
  ...task,
  data: copyApart(data),
  connection: connection && withoutCode(connection),
});

/** No function is written down: what stands in the same place of another flow is believed to be the same. */
const withoutCode = ({ mapping, ...ends }: Connection): Connection => ({
  ...ends,
  mapping: typeof mapping === 'function' ? undefined : mapping,
});
