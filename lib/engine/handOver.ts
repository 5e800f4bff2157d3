import type { Data } from '../flow/Data.js';
import type { OutputRecord } from '../flow/OutputRecord.js';
import type { Ledger } from '../job/Ledger.js';
import { output } from '../job/noteJob.js';

/** A job as something is handed out of it. */
export interface HandingJob {
  readonly ledger: Ledger;
  readonly life: { readonly isOver: boolean };
  readonly views: { output(record: OutputRecord, keep: boolean): void } | undefined;
  readonly engine: { readonly drain: { refresh(): void } };
}

/** A handler hands a result out. */
export const handOver = (job: HandingJob, routineId: string, type: string, payload: Data, keep = true): void => {
  const { ledger, engine, life, views } = job;
  engine.drain.refresh();
  // The clock may be the user's, and have ended the job (D31).
  if (life.isOver) return;
  const { jobId } = ledger.data;
  const record = { jobId, routineId, type, data: { ...payload }, timestamp: new Date(ledger.now) };
  output(ledger, record, keep);
  views?.output(record, keep);
};
