import { JobLedger } from '../../lib/engine/JobLedger.js';
import { Steps } from '../../lib/engine/Steps.js';
import type { JobRecord } from '../../lib/index.js';
import { isolates } from '../../lib/prelude/isolate.js';
import { jobIn } from '../support/ledgers.js';

const bench = () => {
  const steps = new Steps();
  const ledger = new JobLedger(jobIn(), { show: isolates.shallow }, { time: { now: 70, tick: 7 }, steps });
  const told: JobRecord[] = [];
  const watch = () => ledger.watch({ next: (record) => void told.push(record) });
  return { steps, ledger, told, watch };
};

describe('JobLedger', () => {
  it('should tell the time of its flow by the last look at the clock', () => {
    const { ledger } = bench();
    expect([ledger.now, ledger.tick]).toEqual([70, 7]);
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
    const { ledger } = bench();
    ledger.tellNow({ type: 'warning', message: 'nobody' });
    expect(ledger.outbox.isEmpty).toBe(true);
  });
});
