import type { Observable, Subscription } from 'rxjs';
import type { JobRecord } from '../job/JobRecord.js';
import { asyncDispose } from '../prelude/asyncDispose.js';
import { refusal } from '../prelude/refusal.js';
import { RingBuffer } from '../prelude/RingBuffer.js';

/** How many records wait for a reader that is slower than the job. */
const BOUND = 10_000;

/** The records of a job, for `for await`; `await using` stops watching at the end of its block. */
export interface RecordIterator extends AsyncIterableIterator<JobRecord> {
  return(value?: unknown): Promise<IteratorResult<JobRecord, unknown>>;
  throw(error?: unknown): Promise<never>;
  [asyncDispose](): Promise<void>;
}

/**
 * The records of a job, for `for await`: from this call on, in order, to the end of the job, whatever its status.
 *
 * What comes while the reader is busy waits for it, up to `bound` records (a whole number from 1, 10,000 unless said
 * otherwise). Above that the oldest go, and a `warning` in their place says how many: memory stays bounded, the job is
 * never held up, and the end is always told. Breaking off the loop (`return`) only unsubscribes, also while a `next` is
 * open; the job goes on. It never rejects. One that is neither read to the end nor broken off listens as long as the job
 * lives. `throw` breaks it off, too, and rejects with what it is given; `await using` breaks it off at the end of its block.
 *
 * @example
 * for await (const record of job) if (record.type === 'emitted') show(record.data);
 */
export const recordIterator = (record$: Observable<JobRecord>, bound = BOUND): RecordIterator => {
  const waiting = new RingBuffer<JobRecord>();
  const readers = new RingBuffer<(result: IteratorResult<JobRecord>) => void>();
  let lost = 0;
  let over = false;

  const keep = (record: JobRecord): void => {
    waiting.push(record);
    if (waiting.length <= bound) return;
    waiting.shift();
    lost++;
  };

  const take = (): JobRecord | undefined => {
    const next = waiting.at(0);
    if (lost === 0 || next === undefined) return waiting.shift();
    const message = `${lost} record(s) were left out here: they came faster than they were read`;
    lost = 0;
    return { type: 'warning', jobId: next.jobId, timestamp: next.timestamp, message };
  };

  const tell = (record: JobRecord): void => {
    const reader = readers.shift();
    if (reader === undefined) keep(record);
    else reader({ done: false, value: record });
  };

  const close = (): void => {
    over = true;
    for (let reader = readers.shift(); reader !== undefined; reader = readers.shift()) reader(DONE);
  };

  const subscription: Subscription = record$.subscribe({ next: tell, complete: close });

  const leave = (): void => {
    subscription.unsubscribe();
    waiting.clear();
    close();
  };

  return {
    next: () => {
      const value = take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return over ? Promise.resolve(DONE) : new Promise((resolve) => void readers.push(resolve));
    },
    return: (value?: unknown) => {
      leave();
      return Promise.resolve(value).then((last) => ({ done: true, value: last }));
    },
    throw: (error?: unknown) => {
      leave();
      return refusal(error);
    },
    [asyncDispose]: () => {
      leave();
      return Promise.resolve();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
