// What users hold
export { Flow } from './Flow.js';
export type { FromJsonOptions } from './wire/FromJsonOptions.js';
export { Job } from './Job.js';
export { JobState } from './ReadableState.js';
export { Routine } from './Routine.js';
export type { WaitOptions } from './engine/waitForEnd.js';
export { currentContext } from './engine/currentContext.js';
export { defineRoutine, type DefinedRoutine, type RoutineDefinition, type SlotDefinition } from './defineRoutine.js';

// Describing
export type { Codec, IoTsCodec, Mismatch, StandardSchema, TypeOf } from './flow/Codec.js';
export type { Connection } from './flow/Connection.js';
export type { Data } from './flow/Data.js';
export {
  type ErrorEnd,
  ErrorHandler,
  type ErrorHandlerOptions,
  type ErrorStrategy,
  type RetryDelay,
} from './flow/ErrorHandler.js';
export { extractInput } from './flow/extractInput.js';
export type { Finding } from './flow/Finding.js';
export type { Limit, Overflow } from './flow/Limit.js';
export type { RoutineTypes } from './flow/RoutineTypes.js';
export type { MergeFn } from './flow/merge.js';
export type { ParamMapping } from './flow/mapping.js';
export type { Handler } from './flow/Handler.js';
export type { SlotOptions } from './flow/Slot.js';
export { Event, Slot } from './Routine.js';

// Running
export type { ExecuteOptions, OutputObserver, ResumeOptions } from './flow/ExecuteOptions.js';
export type { ExecutionStrategy, FlowOptions } from './flow/FlowOptions.js';
export type { Context } from './flow/Context.js';
export type { EmitOptions, PauseOptions, Shared, WaitForOptions, WaitPlace } from './flow/TaskContext.js';
export type { Progress } from './engine/Views.js';

// What happened
export type { ExecutionRecord } from './job/History.js';
export type { DeferredEvent, PausePoint } from './job/JobData.js';
export type { OutputRecord } from './flow/OutputRecord.js';
export type { JobRecord, SlotActivationTask, TaskOutcome } from './job/JobRecord.js';
export type { JobStatus, RoutineStatus } from './job/JobStatus.js';
export type { Execution } from './job/Execution.js';
export type { EmittedEvent, FlowMetrics, Metrics, RoutineMetrics } from './job/Metrics.js';
export type { LogEntry } from './job/SharedSpace.js';
export type { AnswerOptions, Wait } from './job/Wait.js';

// Written down
export { FlowDefinition } from './wire/FlowDefinition.js';
export { JobSnapshot } from './wire/JobSnapshot.js';
export { Registry } from './Routine.js';
export type { DecodeOptions } from './wire/decodeJson.js';

// What went wrong
export { FlowError, type FlowErrorCode } from './flow/FlowError.js';
export { JobError, type JobErrorCode, TimeoutError } from './job/JobError.js';
export { WireError, type WireErrorCode } from './wire/WireError.js';
export { RoutiluxError } from './prelude/RoutiluxError.js';
