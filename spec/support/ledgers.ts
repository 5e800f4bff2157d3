import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import * as fold from '../../lib/job/fold.js';
import { JobData } from '../../lib/job/JobData.js';
import type { JobRecord, JobRecordBody } from '../../lib/job/JobRecord.js';
import type { JobStatus } from '../../lib/job/JobStatus.js';
import type { Ledger } from '../../lib/job/Ledger.js';
import { keepsStreams } from '../../lib/engine/streamKinds.js';
import { compilePlan } from '../../lib/plan/compile.js';
import type { Event, Plan, Routine, Slot } from '../../lib/plan/Plan.js';
import type { Isolate } from '../../lib/prelude/isolate.js';
import { Subject } from 'rxjs';
import type { Flow, FlowOptions } from '../../lib/index.js';

/** The state of a job of its own, in some status. */
export const jobIn = (status: JobStatus = 'running'): JobData => {
  const data = new JobData('job', 'flow', 0, 10);
  fold.statusSet(data, status, 0);
  return data;
};

/** A ledger that keeps what it is told, on a clock that stands. */
export class ToldLedger implements Ledger {
  readonly told: JobRecord[] = [];
  watched = true;
  now = 5;
  tick = 5;

  constructor(readonly data: JobData = jobIn()) {}

  get timestamp(): Date {
    return new Date(this.now);
  }

  readonly show: Isolate = (value) => ({ ...value });

  tell(body: JobRecordBody, at = this.now): void {
    if (this.watched) this.post({ jobId: this.data.jobId, timestamp: new Date(at), ...body });
  }

  post(record: JobRecord): void {
    this.told.push(record);
  }

  warn(message: string, error?: unknown): void {
    this.tell({ type: 'warning', message, ...(error === undefined ? {} : { error }) });
  }

  get types(): readonly string[] {
    return this.told.map(({ type }) => type);
  }
}

/** A flow as it is compiled, with a plain Subject for each event. */
export const compiled = (flow: Flow, options: FlowOptions = {}): Plan =>
  compilePlan(settingsFrom({ flowId: flow.flowId, ...options }), flow, { emission$: () => new Subject(), keepsStreams });

export const routineIn = (plan: Plan, id: string): Routine => plan.routines.get(id) as Routine;

export const slotIn = (plan: Plan, id: string, name: string): Slot => routineIn(plan, id).slots.get(name) as Slot;

export const eventIn = (plan: Plan, id: string, name = 'o'): Event => routineIn(plan, id).events.get(name) as Event;
