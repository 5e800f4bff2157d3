import type { Connection as Described } from '../flow/Connection.js';
import type { Data } from '../flow/Data.js';
import { dataOf } from '../flow/merge.js';
import type { ToldTask } from '../job/noteTask.js';
import { taskIdOf } from '../job/RemainingWork.js';
import type { Connection } from '../plan/Plan.js';
import type { Origin } from './Emission.js';

/** A slot activation task: a payload, and the connection that brings it to its slot. */
export class Task<R> implements ToldTask {
  constructor(
    readonly origin: Origin<R>,
    readonly connection: Connection,
  ) {}

  get run(): R {
    return this.origin.run;
  }

  get order(): number {
    return this.origin.order;
  }

  get place(): number {
    return this.origin.placeOf(this.connection);
  }

  idIn(jobId: string): string {
    return taskIdOf(jobId, this.order, this.place);
  }

  get routineId(): string {
    return this.connection.slot.routine.id;
  }

  get slot(): string {
    return this.connection.slot.name;
  }

  /** 1 = the first. */
  get attempt(): number {
    return this.origin.tried + 1;
  }

  /** What its slot has made of it, if it was tried before, else what has arrived. */
  get payload(): Data {
    const { input, data } = this.origin;
    return input === undefined ? data : dataOf(input);
  }

  get described(): Described | undefined {
    return this.connection.described;
  }
}
