import { Subject } from 'rxjs';
import { type RecordIterator, recordIterator } from '../../lib/engine/recordIterator.js';
import type { Job, JobRecord } from '../../lib/index.js';
import { deferred, emitting, flowOf, forward, sleep } from '../support/flows.js';

const iterate = (job: Job): RecordIterator => recordIterator(job.record$);

const chain = (): Job =>
  flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t: { slots: { i: forward } } }, ['s.o -> t.i']).start('s');

const record = (n: number): JobRecord => ({
  type: 'emitted',
  jobId: 'j',
  timestamp: new Date(n),
  routineId: 's',
  event: 'o',
  data: { n },
});

/** A stream of records by hand, and its iterator. */
const byHand = (bound?: number) => {
  const record$ = new Subject<JobRecord>();
  return { record$, records: recordIterator(record$, bound) };
};

/** What is read, in short: numbers, warnings, and the end. */
const next = async (records: AsyncIterator<JobRecord>): Promise<unknown> => {
  const { done, value } = (await records.next()) as IteratorResult<JobRecord, undefined>;
  if (done === true) return 'done';
  return value.type === 'emitted' ? value.data['n'] : value.type === 'warning' ? value.message : value.type;
};

describe('recordIterator', () => {
  it('should give every record of a job that is watched from its start, in order, and end with it', async () => {
    const job = chain();
    const [told, read]: [JobRecord[], JobRecord[]] = [[], []];
    job.record$.subscribe((each) => told.push(each));
    for await (const each of iterate(job)) read.push(each);
    expect(read).toEqual(told);
    expect(read.map(({ type }) => type)).toContain('started');
    expect(read.at(-1)).toMatchObject({ type: 'ended', status: 'completed' });
  });

  it('should miss nothing while its reader is busy', async () => {
    const job = chain();
    let [told, read] = [0, 0];
    job.record$.subscribe(() => told++);
    for await (const _ of iterate(job)) {
      read++;
      await sleep(1);
    }
    expect(told).toBeGreaterThan(8);
    expect(read).toBe(told);
  });

  it('should begin where it is made, not where it is first read', async () => {
    const { record$, records } = byHand();
    record$.next(record(1));
    expect(await next(records)).toBe(1);
  });

  it('should end at once where the job has ended', async () => {
    const job = chain();
    await job.done;
    expect(await next(iterate(job))).toBe('done');
  });

  it('should end, and not reject, where the job fails', async () => {
    const job = flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('no')) } } }).start('s');
    const read: JobRecord[] = [];
    for await (const each of iterate(job)) read.push(each);
    expect(read.at(-1)).toMatchObject({ type: 'ended', status: 'failed' });
  });

  it('should answer each open read once, in order, and all of them at the end', async () => {
    const { record$, records } = byHand();
    const reads = [next(records), next(records), next(records), next(records)];
    record$.next(record(1));
    record$.next(record(2));
    record$.complete();
    expect(await Promise.all(reads)).toEqual([1, 2, 'done', 'done']);
    expect(await next(records)).toBe('done');
  });

  it('should give what waits before the end', async () => {
    const { record$, records } = byHand();
    record$.next(record(1));
    record$.complete();
    expect([await next(records), await next(records), await next(records)]).toEqual([1, 'done', 'done']);
  });

  describe('where the loop is broken off', () => {
    it('should only unsubscribe: the job goes on', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: () => work.promise } } }).start('s');
      for await (const { type } of iterate(job)) if (type === 'started') break;
      expect(job.status).toBe('running');
      work.resolve();
      expect((await job.done).status).toBe('completed');
    });

    it('should unsubscribe from the records, answer what is open, and give no more', async () => {
      const { record$, records } = byHand();
      const open = next(records);
      expect(record$.observed).toBe(true);
      expect(await records.return()).toEqual({ done: true, value: undefined });
      expect(record$.observed).toBe(false);
      expect(await open).toBe('done');
      record$.next(record(1));
      expect(await next(records)).toBe('done');
    });

    it('should give back the value of a return, once it has come (D41)', async () => {
      const { record$, records } = byHand();
      expect(await records.return(7)).toEqual({ done: true, value: 7 });
      expect(record$.observed).toBe(false);
      expect(await records.return(Promise.resolve(8))).toEqual({ done: true, value: 8 });
      await expect(records.return(Promise.reject(new Error('late')))).rejects.toThrow('late');
    });

    it('should unsubscribe by a throw, answer what is open, and reject with what was thrown (D41)', async () => {
      const { record$, records } = byHand();
      const open = next(records);
      await expect(records.throw(new Error('no more'))).rejects.toThrow('no more');
      expect(record$.observed).toBe(false);
      expect([await open, await next(records)]).toEqual(['done', 'done']);
    });

    it('should unsubscribe at the end of an `await using` block, and the job goes on (D41)', async () => {
      const work = deferred();
      const job = flowOf({ s: { slots: { trigger: () => work.promise } } }).start('s');
      const records = job[Symbol.asyncIterator]();
      const open = next(records);
      await records[Symbol.asyncDispose]();
      expect([await open, await next(records)]).toEqual(['done', 'done']);
      work.resolve();
      expect((await job.done).status).toBe('completed');
    });

    it('should forget what waits', async () => {
      const { record$, records } = byHand();
      record$.next(record(1));
      await records.return();
      expect(await next(records)).toBe('done');
    });

    it('should be no error a second time, nor after the end', async () => {
      const { record$, records } = byHand();
      record$.complete();
      await records.return();
      expect(await records.return()).toEqual({ done: true, value: undefined });
    });
  });

  describe('where it is read more slowly than the job goes', () => {
    const gap = (lost: number): string => `${lost} record(s) were left out here: they came faster than they were read`;

    it('should keep the newest up to its bound, and say at the gap how many are gone', async () => {
      const { record$, records } = byHand(2);
      for (const n of [1, 2, 3, 4, 5]) record$.next(record(n));
      expect([await next(records), await next(records), await next(records)]).toEqual([gap(3), 4, 5]);
      record$.next(record(6));
      expect(await next(records)).toBe(6);
    });

    it('should say so of each gap', async () => {
      const { record$, records } = byHand(1);
      for (const n of [1, 2]) record$.next(record(n));
      expect([await next(records), await next(records)]).toEqual([gap(1), 2]);
      for (const n of [3, 4, 5]) record$.next(record(n));
      record$.complete();
      expect([await next(records), await next(records), await next(records)]).toEqual([gap(2), 5, 'done']);
    });

    it('should put the id of the job and the time of the next record on it', async () => {
      const { record$, records } = byHand(1);
      for (const n of [1, 2]) record$.next(record(n));
      expect((await records.next()).value).toMatchObject({ type: 'warning', jobId: 'j', timestamp: new Date(2) });
    });

    it('should keep ten thousand where nothing else is said, and never hold up the job', async () => {
      const { record$, records } = byHand();
      for (let n = 0; n < 10_000; n++) record$.next(record(n));
      expect(await next(records)).toBe(0);
      for (let n = 10_000; n < 10_002; n++) record$.next(record(n));
      expect([await next(records), await next(records)]).toEqual([gap(1), 2]);
    });
  });

  it('should give itself where an iterator is asked for, so that a loop can go on with it', async () => {
    const { record$, records } = byHand();
    for (const n of [1, 2]) record$.next(record(n));
    record$.complete();
    await records.next();
    const rest: unknown[] = [];
    for await (const each of records) rest.push(each);
    expect(rest).toEqual([record(2)]);
  });
});
