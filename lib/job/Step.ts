import type { Data } from '../flow/Data.js';
import type { JobRecord, SlotActivationTask } from './JobRecord.js';

/**
 * A durable job has claimed a task: it counts as delivered before its handler is called, and what its slot has made of its payload is
 * kept, so that a process that dies merges nothing twice.
 */
export interface Claimed {
  readonly type: 'claimed';
  readonly taskId: string;
  readonly routineId: string;
  readonly slot: string;
  /** How often it was claimed without an end, this time included; less than before if it is given back. */
  readonly delivery: number;
  /** Whether its payload is what its slot has made of it, at an attempt before. */
  readonly merged?: true;
  /** What its handler gets, if its slot has made something else of the payload. */
  readonly input?: Data;
  /** The same of a slot that gathers: how many values of each key its handler gets, and the one that has come. */
  readonly gathered?: Readonly<Record<string, Gathering>>;
  /** What its slot holds from now on, unless the slot gathers; none if nothing was taken in. */
  readonly held?: Data;
}

/** A list as it has grown by one value. */
export interface Gathering {
  readonly length: number;
  readonly value: unknown;
}

/** A durable job has been let in, with this first task; it has not begun. */
export type Admitted = { readonly type: 'admitted' } & SlotActivationTask;

/** A durable job goes on in another process. */
export interface TakenUp {
  readonly type: 'takenUp';
}

/** Something that has happened to a job. */
export type Fact = JobRecord | Claimed | Admitted | TakenUp;

/** What has happened to one job since it was stored last: a plain value, stored whole or not at all. */
export interface Step {
  readonly jobId: string;
  readonly facts: readonly Fact[];
}
