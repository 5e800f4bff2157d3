import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import type { RoutineTypes } from './RoutineTypes.js';
import type { TaskContext } from './TaskContext.js';

/**
 * What a handler gets beside its payload: its place, its job, and everything it may do there. One per attempt. `T` is what its routine
 * declares of its state and its outputs.
 */
export interface Context<T extends RoutineTypes = RoutineTypes> extends TaskContext<T> {
  /** The flow that runs it. */
  readonly flow: Flow;
  /** The state of its job. */
  readonly job: JobState;
}
