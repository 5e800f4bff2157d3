import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import type { TaskContext } from './TaskContext.js';

/** What a handler gets beside its payload: its place, its job, and everything it may do there. One per attempt. */
export interface Context extends TaskContext {
  /** The flow that runs it. */
  readonly flow: Flow;
  /** The state of its job. */
  readonly job: JobState;
}
