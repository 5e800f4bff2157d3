import type { Observer } from 'rxjs';
import { JobLedger } from '../../lib/engine/JobLedger.js';
import { Sinks } from '../../lib/engine/Sinks.js';
import { Steps } from '../../lib/engine/Steps.js';
import type { JobRecord, OutputRecord } from '../../lib/index.js';
import { isolates } from '../../lib/prelude/isolate.js';
import { deferred } from '../support/flows.js';
import { jobIn } from '../support/ledgers.js';
import { turn } from '../support/virtualTime.js';

const bench = () => {
  const ledger = new JobLedger(jobIn(), { show: isolates.shallow }, { time: { now: 5, base: 0, tick: 5 }, steps: new Steps() });
  const told: JobRecord[] = [];
  ledger.watch({ next: (record) => void told.push(record) });
  const drain = { refresh: jest.fn() };
  return { sinks: new Sinks({ ledger, engine: { drain } }), told, drain };
};

type Sink = Partial<Observer<OutputRecord>>;

const tell = (sink: Sink): unknown => sink.next?.({} as OutputRecord);

/** A sink that answers with a promise. */
const answering = (promise: Promise<unknown>): Sink => ({ next: () => promise as unknown as undefined });

describe('Sinks', () => {
  it('should tell each in the order in which they came', () => {
    const { sinks } = bench();
    const called: number[] = [];
    expect(sinks.isEmpty).toBe(true);
    for (const n of [1, 2]) sinks.add({ next: () => void called.push(n) });
    sinks.tell(tell);
    expect([called, sinks.isEmpty]).toEqual([[1, 2], false]);
  });

  it('should warn of a promise that throws when it is asked, as of one that is rejected', async () => {
    const { sinks, told } = bench();
    const evil = Object.defineProperty(Promise.resolve(), 'constructor', {
      get: () => {
        throw new Error('no');
      },
    });
    sinks.add(answering(evil));
    sinks.tell(tell);
    expect(sinks.isAwaited).toBe(true);
    await turn();
    expect([sinks.isAwaited, told.map(({ type }) => type)]).toEqual([false, ['warning']]);
  });

  it('should warn of one that throws, and tell the others', () => {
    const { sinks, told } = bench();
    const error = new Error('no');
    const next = jest.fn();
    sinks.add({
      next: () => {
        throw error;
      },
    });
    sinks.add({ next });
    sinks.tell(tell);
    expect(next).toHaveBeenCalledTimes(1);
    expect(told).toMatchObject([{ type: 'warning', message: 'An output observer threw', error }]);
  });

  it('should know of promises that have not settled', async () => {
    const { sinks, told } = bench();
    const [one, two] = [deferred(), deferred()];
    sinks.add(answering(one.promise));
    sinks.add(answering(two.promise));
    expect(sinks.isAwaited).toBe(false);
    sinks.tell(tell);
    one.resolve();
    await turn();
    expect(sinks.isAwaited).toBe(true);
    two.resolve();
    await turn();
    expect([sinks.isAwaited, told]).toEqual([false, []]);
  });

  it('should warn of a promise that is rejected, with the time of that moment', async () => {
    const { sinks, told, drain } = bench();
    const error = new Error('no');
    sinks.add(answering(Promise.reject(error)));
    sinks.tell(tell);
    await turn();
    expect(drain.refresh).toHaveBeenCalledTimes(1);
    expect(told).toMatchObject([{ type: 'warning', message: 'The promise of an output observer was rejected', error }]);
    expect(sinks.isAwaited).toBe(false);
  });

  it('should take no other answer for a promise', () => {
    const { sinks } = bench();
    sinks.add({ next: () => [1] as unknown as undefined });
    sinks.tell(tell);
    expect(sinks.isAwaited).toBe(false);
  });
});
