// Durable jobs
export { Runtime } from './Runtime.js';
export type { ListQuery } from './ListQuery.js';
export type { RuntimeMetrics } from './RuntimeMetrics.js';
export { DurableJob, type RemapOptions } from './DurableJob.js';
export type { RuntimeOptions, StartOptions } from './RuntimeOptions.js';
export type { JobInfo, Held } from './JobInfo.js';
export type { RuntimeEvent } from './RuntimeEvent.js';
// When it cannot work
export { RuntimeError, type RuntimeErrorCode } from './RuntimeError.js';
export { StoreError, type StoreErrorCode } from '../wire/StoreError.js';
// Stores
export type { Batch, Entry, Found, Owner, Place, Row, Store, StoredStep } from '../wire/Store.js';
