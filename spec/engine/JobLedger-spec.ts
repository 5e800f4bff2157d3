import fc from 'fast-check';
import { map, Observable, Subject } from 'rxjs';
import { JobLedger } from '../../lib/engine/JobLedger.js';
import { Steps } from '../../lib/engine/Steps.js';
import type { JobRecord } from '../../lib/index.js';
import { JobData } from '../../lib/job/JobData.js';
import type { JobRecordBody } from '../../lib/job/JobRecord.js';
import { isolates } from '../../lib/prelude/isolate.js';
import { acts, play } from '../support/twins.js';

const bench = () => {
  const steps = new Steps();
  const time = { now: 1_007, base: 1_000, tick: 7 };
  const ledger = new JobLedger(new JobData('job', 'flow', 0, 10, 63), { show: isolates.shallow }, { time, steps });
  const told: JobRecord[] = [];
  const watch = () => ledger.watch({ next: (record) => void told.push(record) });
  return { steps, time, ledger, told, watch };
};

describe('JobLedger', () => {
  it('should tell the time by the last look at the clock of its flow, from the base of its job on', () => {
    const { ledger } = bench();
    expect([ledger.now, ledger.tick]).toEqual([70, 7]);
  });

  it('should have one timestamp for the records of a moment, and another one for those of the next', () => {
    const { ledger, time } = bench();
    const { timestamp } = ledger;
    expect(timestamp).toEqual(new Date(70));
    expect(ledger.timestamp).toBe(timestamp);
    time.now = 1_008;
    expect([ledger.timestamp, timestamp]).toEqual([new Date(71), new Date(70)]);
  });

  it('should put that timestamp on all records of the moment, whatever tells them', () => {
    const { ledger, told, watch } = bench();
    watch();
    ledger.tell({ type: 'resumed' });
    ledger.tellNow({ type: 'resumed' });
    ledger.warn('one');
    expect(told.map(({ timestamp }) => timestamp === ledger.timestamp)).toEqual([true, true, true]);
  });

  it('should tell the right time after a watcher has changed a timestamp', () => {
    const { ledger } = bench();
    ledger.timestamp.setFullYear(1999);
    expect(ledger.timestamp).toEqual(new Date(70));
  });

  it('should be watched as long as somebody sees the records', () => {
    const { ledger, watch } = bench();
    expect(ledger.watched).toBe(false);
    const watching = watch();
    expect(ledger.watched).toBe(true);
    watching.unsubscribe();
    expect(ledger.watched).toBe(false);
  });

  it('should tell nothing of what nobody watches, also later', () => {
    const { ledger, told, watch } = bench();
    ledger.tell({ type: 'resumed' });
    ledger.warn('early');
    watch();
    expect(told).toEqual([]);
  });

  it('should put the id of the job and the time on a record, or the time that it is given', () => {
    const { ledger, told, watch } = bench();
    watch();
    ledger.tell({ type: 'resumed' });
    ledger.tell({ type: 'resumed' }, 50);
    expect(told).toStrictEqual([
      { jobId: 'job', timestamp: new Date(70), type: 'resumed' },
      { jobId: 'job', timestamp: new Date(50), type: 'resumed' },
    ]);
  });

  it('should say in a warning what went wrong, if anything did', () => {
    const { ledger, told, watch } = bench();
    watch();
    const error = new Error('no');
    ledger.warn('one');
    ledger.warn('two', error);
    const step = { jobId: 'job', timestamp: new Date(70), type: 'warning' };
    expect(told).toStrictEqual([
      { ...step, message: 'one' },
      { ...step, message: 'two', error },
    ]);
  });

  it('should hold records back until the step at hand is over, but not one that is to be told now', () => {
    const { steps, ledger, told, watch } = bench();
    watch();
    steps.begin();
    ledger.tell({ type: 'resumed' });
    ledger.tellNow({ type: 'warning', message: 'now' });
    expect(told.map(({ type }) => type)).toEqual(['warning']);
    steps.end();
    steps.catchUp();
    expect(told.map(({ type }) => type)).toEqual(['warning', 'resumed']);
  });

  it('should be silent about what is to be told now if nobody has ever asked for the records', () => {
    const { ledger, told, watch } = bench();
    ledger.tellNow({ type: 'warning', message: 'nobody' });
    watch();
    expect(told).toEqual([]);
  });

  describe('those who watch', () => {
    const warning = (message: string): JobRecordBody => ({ type: 'warning', message });

    it('should hear the same as of a `Subject`, whoever comes and goes', () => {
      fc.assert(
        fc.property(acts(fc.string()), (all) => {
          const { ledger } = bench();
          const twin$ = new Subject<string>();
          const tell = (message: string): void => {
            ledger.tellNow(warning(message));
          };
          const record$ = new Observable<JobRecord>((observer) => ledger.watch(observer));
          const message$ = record$.pipe(map((record) => (record as { message: string }).message));
          const hear = (message: string): void => {
            twin$.next(message);
          };
          expect(play(all, tell, message$)).toEqual(play(all, hear, twin$));
        }),
      );
    });

    it('should not hear of the record at which they came, and hear of the next one when another leaves at it', () => {
      const { ledger, told } = bench();
      const late: string[] = [];
      const first = ledger.watch({
        next: () => {
          first.unsubscribe();
          ledger.watch({ next: (record) => late.push(record.type) });
        },
      });
      ledger.watch({ next: (record) => void told.push(record) });
      ledger.tell({ type: 'resumed' });
      expect([told.length, late]).toEqual([1, []]);
      ledger.tell({ type: 'resumed' });
      expect([told.length, late]).toEqual([2, ['resumed']]);
    });

    it('should be nobody any more when the stream has completed', () => {
      const { ledger, told, watch } = bench();
      watch();
      watch();
      ledger.record$.complete();
      ledger.tellNow(warning('late'));
      expect([told, ledger.watched]).toEqual([[], false]);
    });
  });
});
