// Tests in virtual time
export { testFlow } from './testFlow.js';
export type { FlowTest, JobExpectation, ObservableExpectation } from './FlowTest.js';
export type { TestFlowOptions } from './TestFlowOptions.js';
export type { VirtualClock } from './VirtualClock.js';
export type { Act as ReplayAct, Control as ReplayControl, ReplayStep } from './replay.js';
export { seeded } from './seeded.js';
export { faultyStore, type FaultyStoreOptions } from './faultyStore.js';

// Diagrams
export { recordMarbles, type Recording, type RecordOptions } from './recordMarbles.js';
export { toMarbleTest, type ToMarbleTestOptions } from './toMarbleTest.js';
export type { JobMarbles, LineKind, MarbleValues } from './Line.js';
export { type Mark, parseMarbles } from './marbles.js';

// Matchers
export { flowMatchers } from './flowMatchers.js';

// What went wrong
export { TestingError, type TestingErrorCode } from './TestingError.js';
