import { EventEmitter } from 'node:events';
import { concat, fromEvent, NEVER, Observable, of, range, Subject, throwError } from 'rxjs';
import {
  type Data,
  ErrorHandler,
  type Flow,
  type FlowOptions,
  type Handler,
  type Job,
  JobError,
  JobState,
  type SlotOptions,
} from '../../lib/index.js';
import { feed } from '../../lib/rx/index.js';
import { deferred, flowOf, forward, type Sketch } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { rest, until } from '../support/turns.js';
import { turn } from '../support/virtualTime.js';
import { asyncCounter, counter, endOf, newFate, watched$ } from './sources.js';
import { handlerOf } from '../support/handlers.js';

const boom = new Error('boom');

const valuesOf = (log: readonly Data[]): unknown[] => log.map(({ value }) => value);

const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

/** A meter that notes its readings and hands each on to a display. */
const meter = (
  options: FlowOptions = {},
  slot: SlotOptions = {},
): { flow: Flow; log: Data[]; shown: Data[]; start: () => Job } => {
  const [log, shown]: [Data[], Data[]] = [[], []];
  const note: Handler = (data, ctx) => {
    log.push(data);
    forward(data, ctx);
  };
  const sketch: Record<string, Sketch> = {
    meter: { slots: { trigger: () => undefined, reading: [note, slot] } },
    display: { slots: { i: (data) => void shown.push(data) } },
  };
  const flow = flowOf(sketch, ['meter.o -> display.i'], { flowId: 'f', ...options });
  return { flow, log, shown, start: () => flow.start('meter') };
};

/** A job that has begun and has nothing to do, held open by a feed. */
const idle = async (options: FlowOptions = {}, slot: SlotOptions = {}) => {
  const made = meter(options, slot);
  const job = made.start();
  const open = feed(job, 'meter.reading', NEVER);
  await rest();
  return { ...made, job, open };
};

describe('feed', () => {
  describe('into a job that runs', () => {
    it('should make a task of each value, and what follows from it', async () => {
      const { log, shown, start } = meter();
      const job = start();
      feed(job, 'meter.reading', of({ watt: 1 }, 5));
      expect(await endOf(job)).toBe('completed');
      expect(log).toEqual([{ watt: 1 }, { value: 5 }]);
      expect(shown).toEqual(log);
      expect(job.state.metrics.routine('meter')).toMatchObject({ completed: 3, failed: 0 });
    });

    it('should take the slot itself in place of its name', async () => {
      const { flow, log, start } = meter();
      const job = start();
      feed(job, flow.routines.get('meter')?.slot('reading') as never, of(1));
      await job.done;
      expect(valuesOf(log)).toEqual([1]);
    });

    it('should begin in the same turn with an observable, and lose nothing of what is told then', async () => {
      const emitter = new EventEmitter();
      const { log, start } = meter();
      const job = start();
      const feeding = feed(job, 'meter.reading', fromEvent(emitter, 'watt'));
      emitter.emit('watt', 1);
      await rest();
      emitter.emit('watt', 2);
      feeding.unsubscribe();
      emitter.emit('watt', 3);
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2]);
      expect(emitter.listenerCount('watt')).toBe(0);
    });

    it('should come after the entry, which was there before', async () => {
      const order: string[] = [];
      const flow = flowOf({ s: { slots: { trigger: () => void order.push('entry'), i: () => void order.push('fed') } } });
      const job = flow.start('s');
      feed(job, 's.i', of(1));
      await job.done;
      expect(order).toEqual(['entry', 'fed']);
    });

    it('should keep the job open while it lasts, and let it end when it completes', async () => {
      const value$ = new Subject<number>();
      const { log, start } = meter();
      const job = start();
      feed(job, 'meter.reading', value$);
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(job.status).toBe('running');
      value$.next(1);
      value$.complete();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1]);
    });

    it('should let the job end when it is unsubscribed, once what it has brought is done', async () => {
      const gate = deferred();
      const flow = flowOf({ s: { slots: { trigger: () => undefined, i: () => gate.promise } } });
      const job = flow.start('s');
      const feeding = feed(job, 's.i', concat(of(1), NEVER));
      await rest();
      feeding.unsubscribe();
      await rest();
      expect(job.status).toBe('running');
      gate.resolve();
      expect(await endOf(job)).toBe('completed');
    });

    it('should be closed when the source has ended, when it has failed, and when the job is over', async () => {
      const { flow, start } = meter({ errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      const job = start();
      const open = feed(job, 'meter.reading', NEVER);
      const ended = feed(job, 'meter.reading', of(1));
      const failed = feed(
        job,
        'meter.reading',
        throwError(() => boom),
      );
      expect([ended.closed, failed.closed, open.closed]).toEqual([true, true, false]);
      await rest();
      await flow.cancel(job);
      expect(open.closed).toBe(true);
    });

    it('should take several feeds, into several slots, and end with the last', async () => {
      const flow = flowOf({ s: { slots: { trigger: () => undefined, i: forward, j: forward } } });
      const job = flow.start('s');
      const [a$, b$] = [new Subject<number>(), new Subject<number>()];
      feed(job, 's.i', a$);
      feed(job, 's.j', b$);
      await rest();
      a$.next(1);
      a$.complete();
      b$.next(2);
      await rest();
      expect(job.status).toBe('running');
      b$.complete();
      expect(await endOf(job)).toBe('completed');
      expect(job.state.metrics.routine('s')).toMatchObject({ completed: 3, emitted: { o: 2 } });
    });

    it('should be apart in two jobs: a feed into one is nothing to the other', async () => {
      const { log, start } = meter();
      const [a, b] = [start(), start()];
      const feeding = feed(a, 'meter.reading', concat(of(1), NEVER));
      expect(await endOf(b)).toBe('completed');
      expect(a.status).toBe('running');
      feeding.unsubscribe();
      expect(await endOf(a)).toBe('completed');
      expect(valuesOf(log)).toEqual([1]);
    });

    it('should begin in a handler of the same job, and from a value of another feed', async () => {
      const log: Data[] = [];
      const jobs: Job[] = [];
      const flow = flowOf({
        s: {
          slots: {
            trigger: () => void feed(jobs[0] as Job, 's.i', of(1)),
            i: (data) => {
              log.push(data);
              if (data['value'] === 1) feed(jobs[0] as Job, 's.i', [2, 3]);
            },
          },
        },
      });
      const job = flow.start('s');
      jobs.push(job);
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2, 3]);
    });

    it('should merge and decode as any task of the slot', async () => {
      const log: unknown[] = [];
      const flow = flowOf({
        s: { slots: { trigger: () => undefined, i: [(data) => void log.push(data), { merge: 'append' }] } },
      });
      const job = flow.start('s');
      feed(job, 's.i', of({ n: 1 }, { n: 2 }));
      await job.done;
      expect(log).toEqual([{ n: [1] }, { n: [1, 2] }]);
    });

    it.each(['continue', 'skip', 'stop', 'retry'] as const)(
      'should let the error handler of the routine decide on an error of the source: %s',
      async (strategy) => {
        const { flow, log, start } = meter();
        flow.routines.get('meter')?.setErrorHandler(handlerOf({ strategy, delayMs: 0 }));
        const job = start();
        let subscribed = 0;
        const source$ = new Observable<number>((observer) => {
          subscribed++;
          observer.next(1);
          observer.error(boom);
        });
        feed(job, 'meter.reading', source$);
        const goesOn = strategy === 'continue' || strategy === 'skip';
        expect(await endOf(job)).toBe(goesOn ? 'completed' : 'failed');
        expect(subscribed).toBe(1);
        expect(valuesOf(log)).toEqual(goesOn ? [1] : []);
        if (!goesOn)
          expect(job.state.error).toMatchObject({
            code: 'TASK_FAILED',
            cause: boom,
            details: { routineId: 'meter', slot: 'reading' },
          });
      },
    );

    it('should keep its values apart from their source (isolation)', async () => {
      const { log, start } = meter();
      const shared = { n: 1 };
      const job = start();
      feed(job, 'meter.reading', of(shared));
      shared.n = 2;
      await job.done;
      expect(log).toEqual([{ n: 1 }]);
    });

    it('should be an ordinary task in the records and ids', async () => {
      const { flow } = meter();
      const job = flow.start('meter', {}, { jobId: 'J' });
      const ids: string[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'taskQueued') ids.push(`${record.taskId} ${record.slot}`);
      });
      feed(job, 'meter.reading', of(1, 2));
      await job.done;
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => id.endsWith(' reading'))).toHaveLength(2);
    });
  });

  describe('that is refused', () => {
    it.each(['completed', 'failed', 'cancelled'])('should say so where the job is %s, and subscribe to nothing', async (end) => {
      const { flow } = meter();
      const job = flow.start('meter');
      if (end === 'cancelled') await job.cancel();
      if (end === 'failed')
        feed(
          job,
          'meter.reading',
          throwError(() => boom),
        );
      expect(await endOf(job)).toBe(end);
      const fate = newFate();
      const error = ours(thrown(() => feed(job, 'meter.reading', watched$(fate))));
      expect(error).toBeInstanceOf(JobError);
      expect(error).toMatchObject({ code: 'EMIT_AFTER_END', details: { jobId: job.id, routineId: 'meter', status: end } });
      expect(error.message).toContain('feed');
      expect(fate.asked).toBe(0);
    });

    it.each([
      ['meter.nothing', 'UNKNOWN_SLOT'],
      ['nothing.reading', 'UNKNOWN_ROUTINE'],
      ['reading', 'UNKNOWN_ROUTINE'],
    ])('should say so where there is no such slot: %s', async (slot, code) => {
      const { start } = meter();
      const job = start();
      const fate = newFate();
      expect(ours(thrown(() => feed(job, slot, watched$(fate))))).toMatchObject({ code });
      expect(fate.asked).toBe(0);
      expect(await endOf(job)).toBe('completed');
    });
  });

  it('should bear a teardown of its user that throws: the job ends all the same', async () => {
    const { flow, start } = meter();
    const job = start();
    let told = false;
    void job.done.then(() => (told = true));
    feed(job, 'meter.reading', NEVER).add(() => {
      throw boom;
    });
    await rest();
    await job.cancel();
    expect(await until(() => told, 60)).toBe(true);
    expect(flow.jobs).toEqual([]);
  });

  describe('into a job that is paused (D5, D19)', () => {
    it('should not hold up the pause, and keep what an observable brings', async () => {
      const { job, open, log } = await idle();
      const value$ = new Subject<number>();
      feed(job, 'meter.reading', value$);
      await job.pause();
      for (const n of [1, 2]) value$.next(n);
      await rest();
      expect(log).toEqual([]);
      expect(valuesOf(job.state.pendingTasks.map(({ data }) => data))).toEqual([1, 2]);
      value$.complete();
      open.unsubscribe();
      await rest();
      expect(job.status).toBe('paused');
      job.resume();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2]);
    });

    it('should begin there as well', async () => {
      const { job, open, log } = await idle();
      await job.pause();
      feed(job, 'meter.reading', of(1, 2));
      const fate = newFate();
      feed(job, 'meter.reading', counter(fate, 3));
      await rest();
      expect(fate.asked).toBe(0);
      open.unsubscribe();
      job.resume();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2, 0, 1, 2]);
    });

    it('should fail after the resume where more comes than is kept, and unsubscribe from the source at once', async () => {
      const { job, log } = await idle({ pausedLimit: 2 });
      await job.pause();
      const value$ = new Subject<number>();
      const feeding = feed(job, 'meter.reading', value$);
      for (const n of [1, 2, 3]) value$.next(n);
      expect([feeding.closed, value$.observed, job.status]).toEqual([true, false, 'paused']);
      job.resume();
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error).toMatchObject({
        cause: { code: 'PAUSED_FULL', details: { limit: 2 } },
        details: { slot: 'reading' },
      });
      expect(log).toEqual([]);
    });

    it('should run what was kept where the handler of the routine lets the job go on', async () => {
      const { flow, job, open, log } = await idle({ pausedLimit: 2, errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      expect(flow.jobs).toEqual([job]);
      await job.pause();
      feed(job, 'meter.reading', range(1, 5));
      open.unsubscribe();
      job.resume();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2]);
      expect(job.state.history('meter').some(({ eventName }) => eventName === 'error_continued')).toBe(true);
    });

    it('should be forgotten where it is unsubscribed in the meantime, whether it waited or not', async () => {
      const { job, open, log } = await idle();
      await job.pause();
      const fate = newFate();
      for (const source of [counter(fate), asyncCounter(fate)]) feed(job, 'meter.reading', source).unsubscribe();
      open.unsubscribe();
      job.resume();
      expect(await endOf(job)).toBe('completed');
      await rest();
      expect({ log, fate }).toEqual({ log: [], fate: { asked: 0, left: 2 } });
    });
  });

  describe('and a limit (issue 4)', () => {
    it('should make a source that can wait wait, with block', async () => {
      const { job, open } = await idle({}, { maxQueued: 3 });
      feed(job, 'meter.reading', counter(newFate(), 100));
      open.unsubscribe();
      expect(await endOf(job)).toBe('completed');
      expect(job.state.metrics.routine('meter')).toMatchObject({ completed: 101, dropped: 0, highWater: { reading: 3 } });
    });

    it.each<[SlotOptions['overflow'], readonly number[]]>([
      ['dropOldest', [7, 8, 9]],
      ['dropNewest', [0, 1, 2]],
      ['block', upTo(10)],
    ])('should drop of what an observable brings, with %s', async (overflow, ran) => {
      const { job, open, log } = await idle({}, { maxQueued: 3, overflow });
      feed(job, 'meter.reading', range(0, 10));
      open.unsubscribe();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual(ran);
      expect(job.state.metrics.flow().droppedTasks).toBe(10 - ran.length);
    });

    it('should be a failure of the slot where it brings too much, with error, and the source is unsubscribed from', async () => {
      const { job, log } = await idle({}, { maxQueued: 3, overflow: 'error' });
      const value$ = new Subject<number>();
      feed(job, 'meter.reading', value$);
      for (const n of upTo(4)) value$.next(n);
      expect(value$.observed).toBe(false);
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error).toMatchObject({
        cause: { code: 'QUEUE_FULL', retriable: true },
        details: { routineId: 'meter', slot: 'reading' },
      });
      expect(log).toEqual([]);
    });
  });

  describe('and a snapshot', () => {
    it('should not be in it, and does not stand in its way: what it has brought is', async () => {
      const { flow, job } = await idle();
      expect(flow.jobs).toEqual([job]);
      const value$ = new Subject<number>();
      feed(job, 'meter.reading', value$);
      await job.pause();
      value$.next(1);
      const state = JobState.fromJSON(JSON.parse(JSON.stringify(job.snapshot())));
      const other = meter();
      expect(await endOf(other.flow.resume(state))).toBe('completed');
      expect(valuesOf(other.log)).toEqual([1]);
      await job.cancel();
      expect(value$.observed).toBe(false);
    });

    it('should go on by a new feed, where the job is taken up and held open', async () => {
      const { job } = await idle();
      await job.pause();
      const state = JobState.fromJSON(JSON.parse(JSON.stringify(job.snapshot())));
      const other = meter();
      const next = other.flow.resume(state);
      feed(next, 'meter.reading', of(1, 2));
      expect(await endOf(next)).toBe('completed');
      expect(valuesOf(other.log)).toEqual([1, 2]);
      await job.cancel();
    });

    it('should be refused in emitMode commit what cannot be written down (D13)', async () => {
      const { job } = await idle({ emitMode: 'commit' });
      feed(
        job,
        'meter.reading',
        of(() => 1),
      );
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error?.cause).toMatchObject({ code: 'NOT_SERIALISABLE' });
    });
  });

  describe('many at once', () => {
    it('should all end, and leave nothing open', async () => {
      const { job, open, log } = await idle();
      for (let n = 0; n < 1_000; n++) feed(job, 'meter.reading', n % 2 === 0 ? of(n) : asyncCounter(newFate(), 1));
      open.unsubscribe();
      expect(await endOf(job)).toBe('completed');
      expect(log).toHaveLength(1_000);
    });

    it('should each get their turn, where all of them wait', async () => {
      const fates = [newFate(), newFate(), newFate()];
      const { job } = await idle({}, { maxQueued: 4 });
      for (const fate of fates) feed(job, 'meter.reading', asyncCounter(fate));
      expect(await until(() => fates.every(({ asked }) => asked > 500))).toBe(true);
      await job.cancel();
      await rest();
      expect(fates.map(({ left }) => left)).toEqual([1, 1, 1]);
    });
  });
});
