import fc from 'fast-check';
import {
  asapScheduler,
  concat,
  concatMap,
  from,
  ignoreElements,
  interval,
  map,
  NEVER,
  Observable,
  observeOn,
  of,
  range,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import {
  type Data,
  ErrorHandler,
  Flow,
  FlowError,
  type FlowOptions,
  type Handler,
  type Job,
  JobState,
  Registry,
} from '../../lib/index.js';
import { feed, fromOperator, fromSource, type OpenSource } from '../../lib/rx/index.js';
import { deferred, routine } from '../support/flows.js';
import { marbles } from '../support/marbles.js';
import { ours, thrown } from '../support/thrown.js';
import { rest, until } from '../support/turns.js';
import { turn } from '../support/virtualTime.js';
import { asyncCounter, counter, endOf, newFate, reading, type ReadingOptions, watched$ } from './sources.js';
import { handlerOf } from '../support/handlers.js';

const valuesOf = (log: readonly Data[]): unknown[] => log.map(({ value }) => value);

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, at) => from + at);

const boom = new Error('boom');

/** The state of a job, as it comes out of JSON. */
const written = (job: Job): JobState => JobState.fromJSON(JSON.parse(JSON.stringify(job.snapshot())));

describe('fromSource', () => {
  describe('as a routine', () => {
    it('should have a slot `trigger`, an event `output`, and the type that it is given', () => {
      const source = fromSource('lines', [1]);
      expect([...source.slots.keys()]).toEqual(['trigger']);
      expect([...source.events.keys()]).toEqual(['output']);
      expect(source.type).toBe('lines');
    });

    it('should be refused without a name', () => {
      for (const type of ['', undefined, 5]) {
        const error = ours(thrown(() => fromSource(type as string, [])));
        expect(error).toBeInstanceOf(FlowError);
        expect(error.code).toBe('BAD_NAME');
      }
    });

    it('should be written with its flow by its type alone, and come back from a registry (G75, G77)', async () => {
      const log: Data[] = [];
      const flow = new Flow();
      flow.addRoutine(fromSource('numbers', [1, 2]), 's');
      const json = JSON.parse(JSON.stringify(flow)) as unknown;
      const copy = Flow.fromJSON(
        json,
        new Registry().register('numbers', () => fromSource('numbers', [1, 2])),
      );
      copy.addRoutine(routine({ slots: { i: (data) => void log.push(data) } }), 't');
      copy.connect('s', 'output', 't', 'i');
      await copy.execute('s');
      expect(valuesOf(log)).toEqual([1, 2]);
    });

    it('should be read only in a job: called directly it says so, with the remedy', () => {
      const error = ours(thrown(() => fromSource('numbers', [1]).slot('trigger').receive({})));
      expect(error).toMatchObject({ code: 'NO_CONTEXT' });
      expect(error.message).toContain('execute');
    });

    it('should be opened when it is triggered, and not before', async () => {
      const fate = newFate();
      const { flow } = reading(() => (fate.asked++, [1]));
      expect(fate.asked).toBe(0);
      await flow.execute('s');
      await flow.execute('s');
      expect(fate.asked).toBe(2);
    });

    it('should be given 0 and what came to trigger, where it is a function', async () => {
      const seen: unknown[] = [];
      const open: OpenSource<number> = (cursor, params) => (seen.push([cursor, params]), []);
      await reading(open).flow.execute('s', { path: 'x' });
      expect(seen).toEqual([[0, { path: 'x' }]]);
    });

    it('should be read anew by each job, where it can be', async () => {
      for (const source of [[1, 2], of(1, 2), new Set([1, 2])]) {
        const { flow, log } = reading(source);
        await flow.execute('s');
        await flow.execute('s');
        expect(valuesOf(log)).toEqual([1, 2, 1, 2]);
      }
    });
  });

  describe('in a job', () => {
    it(
      'should emit when and what the source emits, and end with it',
      marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
        const source$ = cold('                      --a-(bc)--|');
        const { flow } = reading(() => source$, { scheduler });
        const emitted$ = flow
          .run$('s')
          .pipe(concatMap((record) => (record.type === 'emitted' ? [String(record.data['value'])] : [])));
        expectObservable(emitted$).toBe('           --a-(bc)--|');
        expectSubscriptions(source$.subscriptions).toBe('^---------!');
      }),
    );

    it(
      'should stay open where the source does, and unsubscribe from it where nobody wants the job any more',
      marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
        const source$ = cold<string>('              --a-----b--------');
        const { flow } = reading(() => source$, { scheduler });
        const ends$ = flow.run$('s').pipe(ignoreElements());
        expectObservable(ends$, '                   ^-----!').toBe('-------');
        expectSubscriptions(source$.subscriptions).toBe('^-----!');
      }),
    );

    it('should hold no worker: what it brings runs meanwhile, also one at a time (D9)', async () => {
      const value$ = new Subject<number>();
      const { flow, log } = reading(value$);
      const job = flow.start('s');
      await rest();
      value$.next(1);
      await rest();
      expect(valuesOf(log)).toEqual([1]);
      expect(job.status).toBe('running');
      let seen: unknown;
      job.progress$.subscribe((progress) => (seen = progress)).unsubscribe();
      expect(seen).toEqual({ queued: 0, active: 0, done: 2, status: 'running', pausing: false });
      value$.complete();
      expect(await endOf(job)).toBe('completed');
    });

    it('should end at rest and not with the source: what it has brought is done before', async () => {
      const gate = deferred();
      const { flow, log } = reading([1, 2, 3], { work: () => gate.promise });
      const job = flow.start('s');
      await rest();
      await rest();
      expect(job.status).toBe('running');
      gate.resolve();
      expect(await endOf(job)).toBe('completed');
      expect(log).toHaveLength(3);
    });

    it('should come to an end as any routine: its history, its numbers, its state', async () => {
      const { flow } = reading([1, 2]);
      const state = await flow.execute('s');
      expect(state.history('s').map(({ eventName }) => eventName)).toEqual(['start', 'output', 'output']);
      expect(state.metrics.routine('s')).toMatchObject({ completed: 1, failed: 0, emitted: { output: 2 } });
      expect(state.routineState('s')).toMatchObject({ status: 'completed' });
    });

    it('should reach all that is connected, each with its mapping', async () => {
      const { flow, log } = reading([1]);
      flow.connect('s', 'output', 't', 'i', { value: 'n' });
      await flow.execute('s');
      expect(log).toEqual([{ value: 1 }, { n: 1 }]);
    });

    it('should be anywhere in the flow, and triggered by each task, each reading for itself', async () => {
      const log: Data[] = [];
      const flow = new Flow();
      const open: OpenSource<object> = (_, { from }) => [
        { from, n: 1 },
        { from, n: 2 },
      ];
      flow.addRoutine(
        routine({ slots: { trigger: (_, ctx) => ['a', 'b'].forEach((from) => void ctx.emit('o', { from })) } }),
        'entry',
      );
      flow.addRoutine(fromSource('x', open), 's');
      flow.addRoutine(routine({ slots: { i: (data) => void log.push(data) } }), 't');
      flow.connect('entry', 'o', 's', 'trigger');
      flow.connect('s', 'output', 't', 'i');
      const { status } = await flow.execute('entry');
      expect(status).toBe('completed');
      expect(log.filter(({ from }) => from === 'a').map(({ n }) => n)).toEqual([1, 2]);
      expect(log.filter(({ from }) => from === 'b').map(({ n }) => n)).toEqual([1, 2]);
    });

    it('should be open as long as the last of two readings', async () => {
      const [first$, second$] = [new Subject<number>(), new Subject<number>()];
      const sources = [first$, second$];
      const { flow, log } = reading(() => sources.shift() ?? []);
      const job = flow.start('s');
      feed(job, 's.trigger', [{}]);
      await until(() => second$.observed);
      first$.next(1);
      second$.next(2);
      first$.complete();
      await rest();
      expect(job.status).toBe('running');
      second$.next(3);
      second$.complete();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2, 3]);
    });

    it('should be apart in two jobs at once: the end of one is not that of the other', async () => {
      const sources: Subject<number>[] = [];
      const { flow, log } = reading(() => {
        const value$ = new Subject<number>();
        sources.push(value$);
        return value$;
      });
      const [a, b] = [flow.start('s'), flow.start('s')];
      await until(() => sources.length === 2);
      const [a$, b$] = sources as [Subject<number>, Subject<number>];
      a$.next(1);
      b$.next(2);
      await a.cancel();
      expect([a$.observed, b$.observed]).toEqual([false, true]);
      b$.next(3);
      b$.complete();
      expect(await endOf(b)).toBe('completed');
      expect(valuesOf(log)).toEqual([2, 3]);
      expect([a.state, b.state].map(({ metrics }) => metrics.routine('s')?.emitted['output'])).toEqual([1, 2]);
    });

    it('should complete the operators behind it with its end: they work over all that it gives', async () => {
      const log: Data[] = [];
      const flow = new Flow();
      flow.addRoutine(fromSource('numbers', asyncCounter(newFate(), 5)), 's');
      flow.addRoutine(fromOperator('all', toArray()), 'all');
      flow.addRoutine(routine({ slots: { i: (data) => void log.push(data) } }), 't');
      flow.connect('s', 'output', 'all', 'input');
      flow.connect('all', 'output', 't', 'i');
      await flow.execute('s');
      expect(log).toEqual([{ value: upTo(5).map((value) => ({ value })) }]);
    });

    it('should bring ten thousand, each once and in order, with any number of workers', async () => {
      for (const maxWorkers of [1, 4]) {
        for (const source of [range(0, 10_000), upTo(10_000), asyncCounter(newFate(), 10_000)]) {
          const { flow, log } = reading(source, { maxWorkers });
          await flow.execute('s');
          expect(valuesOf(log)).toEqual(upTo(10_000));
        }
      }
    });

    it.each<[string, FlowOptions]>([
      ['freeze', { isolation: 'freeze' }],
      ['clone', { isolation: 'clone' }],
      ['commit', { emitMode: 'commit' }],
      ['no async context', { asyncContext: 'off' }],
      ['no metrics', { metrics: false }],
      ['no history', { history: 0 }],
    ])('should work with %s', async (_, options) => {
      const { flow, log } = reading([{ n: 1 }, { n: 2 }], options);
      expect((await flow.execute('s')).status).toBe('completed');
      expect(log).toEqual([{ n: 1 }, { n: 2 }]);
    });

    it('should refuse with emitMode commit what cannot be written down, and name it (D13)', async () => {
      const { flow } = reading([() => 1], { emitMode: 'commit' });
      const { status, error } = await flow.execute('s');
      expect(status).toBe('failed');
      expect(error?.cause).toMatchObject({ code: 'NOT_SERIALISABLE' });
      expect(error?.message).toContain("'output'");
    });
  });

  describe('and the error handlers', () => {
    const failing = (): Observable<number> =>
      concat(
        of(1),
        throwError(() => boom),
      );

    it.each<['stop' | 'continue' | 'skip' | 'retry', string, string]>([
      ['stop', 'failed', 'error'],
      ['continue', 'completed', 'error_continued'],
      ['skip', 'completed', 'skipped'],
      // The source would begin anew, and bring again what it had brought.
      ['retry', 'failed', 'error'],
    ])('should take an error of the source as a failure of trigger: %s', async (strategy, end, eventName) => {
      let opened = 0;
      const { flow, source } = reading(() => (opened++, failing()));
      source.setErrorHandler(handlerOf({ strategy, delayMs: 0 }));
      const state = await flow.execute('s');
      expect({ status: state.status, opened }).toEqual({ status: end, opened: 1 });
      expect(state.history('s').at(-1)).toMatchObject({ eventName, data: { error: 'boom', error_type: 'Error' } });
      if (end === 'failed') expect(state.error).toMatchObject({ code: 'TASK_FAILED', cause: boom });
    });

    it('should ask the handler of the flow where the routine has none', async () => {
      const { flow } = reading(failing, { errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      expect((await flow.execute('s')).status).toBe('completed');
    });

    it('should try again where the function throws: nothing has come yet', async () => {
      let opened = 0;
      const { flow, source, log } = reading(() => {
        if (opened++ < 2) throw boom;
        return [1];
      });
      source.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 0 }));
      const { status } = await flow.execute('s');
      expect({ status, opened }).toEqual({ status: 'completed', opened: 3 });
      expect(valuesOf(log)).toEqual([1]);
    });

    it('should let what it had brought be done where the job goes on', async () => {
      const { flow, source, log } = reading(
        concat(
          range(0, 20),
          throwError(() => boom),
        ),
        { work: () => turn() },
      );
      source.setAsOptional();
      expect((await flow.execute('s')).status).toBe('completed');
      expect(valuesOf(log)).toEqual(upTo(20));
    });

    it('should leave the other reading open where one fails and the job goes on', async () => {
      const second$ = new Subject<number>();
      const sources = [failing(), second$];
      const { flow, source, log } = reading(() => sources.shift() ?? []);
      source.setAsOptional();
      const job = flow.start('s');
      feed(job, 's.trigger', [{}]);
      await until(() => second$.observed);
      second$.next(2);
      second$.complete();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2]);
    });
  });

  describe('while the job is paused (D5, D19)', () => {
    it('should not hold up the pause', async () => {
      const { flow } = reading(NEVER);
      const job = flow.start('s');
      await rest();
      expect((await job.pause()).status).toBe('paused');
    });

    it('should keep what an observable brings, up to the bound, in order', async () => {
      const value$ = new Subject<number>();
      const { flow, log } = reading(value$, { pausedLimit: 3 });
      const job = flow.start('s');
      await rest();
      await job.pause();
      for (const n of [1, 2, 3]) value$.next(n);
      await rest();
      expect(log).toEqual([]);
      expect(valuesOf(job.state.pendingTasks.map(({ data }) => data))).toEqual([1, 2, 3]);
      job.resume();
      value$.next(4);
      value$.complete();
      expect(await endOf(job)).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2, 3, 4]);
    });

    it('should fail after the resume where it brings more, and unsubscribe from the source at once', async () => {
      const value$ = new Subject<number>();
      const { flow } = reading(value$, { pausedLimit: 3 });
      const job = flow.start('s');
      await rest();
      await job.pause();
      for (const n of [1, 2, 3, 4]) value$.next(n);
      expect(value$.observed).toBe(false);
      expect(job.status).toBe('paused');
      job.resume();
      expect(await endOf(job)).toBe('failed');
      expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', cause: { code: 'PAUSED_FULL' } });
    });

    it.each(['error', 'complete'] as const)('should tell of its %s after the resume', async (what) => {
      const value$ = new Subject<number>();
      const { flow } = reading(value$);
      const job = flow.start('s');
      await rest();
      await job.pause();
      value$[what](boom);
      await rest();
      expect(job.status).toBe('paused');
      job.resume();
      expect(await endOf(job)).toBe(what === 'error' ? 'failed' : 'completed');
      if (what === 'error') expect(job.state.error).toMatchObject({ cause: boom });
    });

    it('should go to rest with a source that ends while a pause waits for what is at work', async () => {
      const gate = deferred();
      const value$ = new Subject<number>();
      const { flow } = reading(value$, { work: () => gate.promise });
      const job = flow.start('s');
      await rest();
      value$.next(1);
      await rest();
      const paused = job.pause();
      value$.complete();
      gate.resolve();
      expect((await paused).status).toBe('paused');
      job.resume();
      expect(await endOf(job)).toBe('completed');
    });

    it('should leave what is deferred where it is, and run nothing more, where the error fails the job (D22)', async () => {
      const value$ = new Subject<number>();
      const { flow } = reading(value$, { work: (_, ctx) => void ctx.emitDeferred('o', { n: 1 }) });
      const job = flow.start('s');
      await rest();
      value$.next(1);
      await rest();
      await job.pause();
      value$.error(boom);
      job.resume();
      expect(await endOf(job)).toBe('failed');
      expect(job.state.deferredEvents).toHaveLength(1);
      expect(job.state.history('t').map(({ eventName }) => eventName)).not.toContain('o');
    });
  });

  describe('in a snapshot', () => {
    /** Values from a cursor on, a turn apart, and what opened it. */
    const numbers =
      (end: number, opened: unknown[] = []): OpenSource<number> =>
      (cursor, params) => {
        opened.push([cursor, params]);
        return asyncCounter(newFate(), end, cursor);
      };

    const upTo$ =
      (end: number): OpenSource<number> =>
      (cursor) =>
        interval(1).pipe(
          take(end - cursor),
          map((n) => n + cursor),
        );

    /** The same, each value a turn of the event loop later. */
    const slowly = (end: number): OpenSource<number> =>
      async function* (cursor) {
        for (let n = cursor; n < end; n++) {
          await turn();
          yield n;
        }
      };

    it('should be told to the end: what is open at each moment, and how far each has come', async () => {
      const { flow } = reading((cursor, { end }) => from(upTo(Number(end), cursor)).pipe(observeOn(asapScheduler)));
      const job = flow.start('s', { end: 2 });
      const told: unknown[] = [];
      job.record$.subscribe((record) => {
        if (record.type === 'streamsSet') told.push(record.streams.map(({ inputs, given, stage }) => [inputs, given, stage]));
        if (record.type === 'streamChanged') told.push([record.place, record.change]);
      });
      await job.done;
      expect(told).toEqual([[], [[[{ end: 2 }], 0, 'open']], [0, { given: 1 }], [0, { given: 2 }], []]);
    });

    it('should hold a value or the cursor before it, if user code takes it while the value is read (D8, S88)', async () => {
      let snapshot = '';
      const source = (ask: (n: number) => void): OpenSource<Data> =>
        async function* (cursor) {
          for (let n = cursor; n < 4; n++) {
            await turn();
            yield {
              get n() {
                ask(n);
                return n;
              },
            };
          }
        };
      const before = reading(source((n) => (n === 1 && snapshot === '' ? (snapshot = JSON.stringify(job)) : undefined)));
      const job = before.flow.start('s');
      await job.done;
      expect(JSON.parse(snapshot)).toMatchObject({ streams: [{ routineId: 's', given: 1 }], pendingTasks: [] });
      const after = reading(source(() => undefined));
      expect((await after.flow.resume(JobState.fromJSON(snapshot)).done).status).toBe('completed');
      expect(after.log.map(({ n }) => n)).toEqual([1, 2, 3]);
    });

    it('should be refused while it is being read without a cursor, and name the routine', async () => {
      for (const source of [NEVER, () => NEVER, (cursor = 0) => (cursor > 0 ? of(cursor) : NEVER)]) {
        const { flow } = reading(source);
        const job = flow.start('s');
        await rest();
        const error = ours(thrown(() => job.snapshot()));
        expect(error).toMatchObject({ code: 'NOT_SERIALISABLE' });
        for (const word of ["'s'", 'cursor']) expect(error.message).toContain(word);
        await job.cancel();
      }
    });

    it('should be fine before it is read, and after', async () => {
      const { flow } = reading([1, 2, 3], { work: () => new Promise(() => undefined) });
      const job = flow.start('s');
      expect(() => job.snapshot()).not.toThrow();
      await until(() => job.state.metrics.routine('s')?.completed === 1);
      await rest();
      expect(() => job.snapshot()).not.toThrow();
      const { flow: other, log } = reading([]);
      expect(await endOf(other.resume(written(job)))).toBe('completed');
      expect(valuesOf(log)).toEqual([1, 2, 3]);
      await job.cancel();
    });

    it('should go on from the cursor in another flow, with the params that it began with', async () => {
      const [here, there]: [unknown[], unknown[]] = [[], []];
      const first = reading(numbers(1_000, here), { work: ({ value }, ctx) => void (value === 300 && ctx.pause()) });
      const job = first.flow.start('s', { path: 'x' });
      await until(() => job.status === 'paused');
      const state = written(job);
      const second = reading(numbers(1_000, there));
      expect(await endOf(second.flow.resume(state))).toBe('completed');
      expect(valuesOf([...first.log, ...second.log])).toEqual(upTo(1_000));
      expect(here).toEqual([[0, { path: 'x' }]]);
      expect(there).toEqual([[expect.any(Number), { path: 'x' }]]);
      expect((there[0] as [number])[0]).toBeGreaterThan(300);
    });

    it('should begin at 0 where the trigger still waits', async () => {
      const opened: unknown[] = [];
      const job = reading(numbers(3)).flow.start('s', { path: 'x' });
      const { flow, log } = reading(numbers(3, opened));
      expect(await endOf(flow.resume(written(job)))).toBe('completed');
      expect(opened).toEqual([[0, { path: 'x' }]]);
      expect(valuesOf(log)).toEqual([0, 1, 2]);
    });

    it('should go on where nothing has come yet, and where all has come but the end', async () => {
      for (const [cursor, source] of [
        [0, NEVER],
        [2, concat(of(0, 1), NEVER)],
      ] as const) {
        const opened: unknown[] = [];
        const open: OpenSource<number> = (from) => (opened.push(from), source);
        const job = reading(open).flow.start('s');
        await rest();
        await job.pause();
        const next: OpenSource<number> = (from) => (opened.push(from), []);
        expect(await endOf(reading(next).flow.resume(written(job)))).toBe('completed');
        expect(opened).toEqual([0, cursor]);
        await job.cancel();
      }
    });

    it('should go on with each of several readings, each from its own cursor', async () => {
      const opened: unknown[] = [];
      const sources = new Map(['a', 'b'].map((name) => [name, new Subject<object>()]));
      const open: OpenSource<object> = (cursor, { name }) => (opened.push([cursor, name]), sources.get(name as string) ?? []);
      const job = reading(open).flow.start('s', { name: 'a' });
      feed(job, 's.trigger', [{ name: 'b' }]);
      await until(() => opened.length === 2);
      sources.get('a')?.next({ n: 1 });
      for (const n of [2, 3]) sources.get('b')?.next({ n });
      await job.pause();
      const state = written(job);
      const { flow, log } = reading<object>((cursor, { name }) => (opened.push([cursor, name]), [{ last: name }]));
      expect(await endOf(flow.resume(state))).toBe('completed');
      expect(opened.slice(2)).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
      expect(log.slice(-2)).toEqual([{ last: 'a' }, { last: 'b' }]);
      await job.cancel();
    });

    it('should not go on with a reading that is over', async () => {
      const opened: unknown[] = [];
      const sources = [of(1), NEVER];
      const open: OpenSource<number> = (cursor) => (opened.push(cursor), sources.shift() ?? []);
      const job = reading(open).flow.start('s');
      feed(job, 's.trigger', [{}]);
      await until(() => opened.length === 2);
      await job.pause();
      expect(await endOf(reading(open).flow.resume(written(job)))).toBe('completed');
      expect(opened).toEqual([0, 0, 0]);
      await job.cancel();
    });

    it('should count on over several moves', async () => {
      const log: unknown[] = [];
      const open = numbers(50);
      const make = (stop: number): Job | Flow => {
        const made = reading(open, {
          maxQueued: 3,
          work: ({ value }, ctx) => {
            log.push(value);
            if ((value as number) === stop) void ctx.pause();
          },
        });
        return made.flow;
      };
      let job = (make(10) as Flow).start('s');
      for (const stop of [20, 30, Infinity]) {
        await until(() => job.status === 'paused');
        const state = written(job);
        void job.cancel();
        job = (make(stop) as Flow).resume(state);
      }
      expect(await endOf(job)).toBe('completed');
      expect(log).toEqual(upTo(50));
    });

    it('should keep its params as they came, whatever the function does with them', async () => {
      const opened: unknown[] = [];
      const open: OpenSource<number> = (_, params) => {
        opened.push({ ...params });
        (params as Record<string, unknown>)['path'] = 'changed';
        return opened.length === 1 ? NEVER : [];
      };
      const job = reading(open).flow.start('s', { path: 'x' });
      await rest();
      expect(await endOf(reading(open).flow.resume(written(job)))).toBe('completed');
      await job.cancel();
      expect(opened).toEqual([{ path: 'x' }, { path: 'x' }]);
    });

    it('should be unsubscribed from by a cancel, where it goes on', async () => {
      // It leaves room for the other to read on, however far it came before the pause.
      const first = reading(numbers(20), { maxQueued: 1, work: (_, ctx) => void ctx.pause() });
      const job = first.flow.start('s');
      await until(() => job.status === 'paused');
      const fate = newFate();
      const second = reading((cursor: number) => counter(fate, 1_000, cursor), {
        maxQueued: 2,
        work: () => new Promise(() => undefined),
      });
      const next = second.flow.resume(written(job));
      expect(await until(() => second.log.length > 0 && fate.asked > 0)).toBe(true);
      await next.cancel();
      await rest();
      expect(fate.left).toBe(1);
      await job.cancel();
    });

    it('should be a failure after the resume where the function throws that is to go on', async () => {
      const job = reading((cursor: number) => (cursor < 0 ? [] : NEVER)).flow.start('s');
      await rest();
      const { flow } = reading((cursor: number) => {
        if (cursor >= 0) throw boom;
        return [];
      });
      const next = flow.resume(written(job));
      expect(await endOf(next)).toBe('failed');
      expect(next.state.error).toMatchObject({ code: 'TASK_FAILED', cause: boom, details: { routineId: 's', slot: 'trigger' } });
      await job.cancel();
    });

    it('should be renamed with its routine (remap)', async () => {
      const job = reading(numbers(10), { work: (_, ctx) => void ctx.pause() }).flow.start('s');
      await until(() => job.status === 'paused');
      const log: Data[] = [];
      const flow = new Flow({ flowId: 'f' });
      flow.addRoutine(fromSource('source', numbers(10)), 'renamed');
      flow.addRoutine(routine({ slots: { i: (data) => void log.push(data) } }), 't');
      flow.connect('renamed', 'output', 't', 'i');
      expect(await endOf(flow.resume(written(job), { remap: { s: 'renamed' } }))).toBe('completed');
      expect(valuesOf(log).at(-1)).toBe(9);
      await job.cancel();
    });

    it('should give each value exactly once, whenever it is taken (fast-check)', async () => {
      let halfway = 0;
      const options: readonly ReadingOptions[] = [{}, { maxWorkers: 3 }, { maxQueued: 2 }, { emitMode: 'commit' }];
      await fc.assert(
        fc.asyncProperty(
          fc.nat(30),
          fc.nat(12),
          fc.constantFrom(...options),
          fc.boolean(),
          async (end, turns, given, isPulled) => {
            const open = isPulled ? slowly(end) : upTo$(end);
            const first = reading(open, given);
            const job = first.flow.start('s');
            for (let left = turns; left > 0; left--) await turn();
            if (job.status !== 'completed') await job.pause();
            const state = written(job);
            const before = [...first.log];
            if (job.status === 'completed') return;
            halfway++;
            void job.cancel();
            const second = reading(open, given);
            expect(await endOf(second.flow.resume(state))).toBe('completed');
            expect(valuesOf([...before, ...second.log])).toEqual(upTo(end));
          },
        ),
        { numRuns: 60 },
      );
      // Many of them were in the middle of it.
      expect(halfway).toBeGreaterThan(20);
    });

    it('should give each value exactly once, where a watcher takes it as a value comes', async () => {
      const value$ = new Subject<number>();
      const open: OpenSource<number> = (cursor) => (cursor === 0 ? value$ : []);
      const { flow } = reading(open);
      const job = flow.start('s');
      await rest();
      let state: JobState | undefined;
      job.record$.subscribe(({ type }) => {
        if (type === 'emitted') state = written(job);
      });
      value$.next(0);
      await job.cancel();
      const opened: unknown[] = [];
      const { flow: other, log } = reading((cursor: number) => (opened.push(cursor), []));
      expect(await endOf(other.resume(state as JobState))).toBe('completed');
      expect(valuesOf(log)).toEqual([0]);
      expect(opened).toEqual([1]);
    });

    it('should not lose an error that came while the job was paused', async () => {
      const value$ = new Subject<number>();
      const open: OpenSource<number> = (cursor) => (cursor === 0 ? value$ : []);
      const job = reading(open).flow.start('s');
      await rest();
      await job.pause();
      value$.error(boom);
      // It may be refused, or written down; it may not be lost.
      const state = written(job);
      const end = await endOf(reading(open).flow.resume(state));
      await job.cancel();
      expect(end).toBe('failed');
    });
  });

  describe('at the end of the job', () => {
    it('should be unsubscribed from once, and emit nothing more', async () => {
      const fate = newFate();
      const value$ = new Subject<number>();
      const source$ = new Observable<number>((observer) => {
        observer.add(() => void fate.left++);
        return value$.subscribe(observer);
      });
      const { flow, log } = reading(source$);
      const job = flow.start('s');
      await rest();
      value$.next(1);
      await rest();
      await job.cancel('enough');
      value$.next(2);
      await rest();
      expect(fate.left).toBe(1);
      expect(valuesOf(log)).toEqual([1]);
      expect(job.state.metrics.routine('s')?.emitted).toEqual({ output: 1 });
    });

    it('should not count as a task that was dropped: it is none', async () => {
      const { flow } = reading(NEVER);
      const job = flow.start('s');
      await rest();
      await job.cancel();
      expect(job.state.metrics.flow().droppedTasks).toBe(0);
    });

    it('should keep progress at what is left, also for whoever asks as it is unsubscribed from', async () => {
      const seen: unknown[] = [];
      const note: Handler = () => undefined;
      const { flow } = reading(
        new Observable<number>(() => () => {
          job.progress$.subscribe((progress) => void seen.push(progress)).unsubscribe();
        }),
        { work: note },
      );
      const job: Job = flow.start('s');
      await rest();
      await job.cancel();
      expect(seen).toEqual([{ queued: 0, active: 0, done: 1, status: 'cancelled', pausing: false }]);
    });

    it('should keep progress at what is left, also for whoever asks as an operator beside it is unsubscribed from', async () => {
      const seen: number[] = [];
      const flow = new Flow();
      flow.addRoutine(fromSource('never', NEVER), 's');
      const asking = (input$: Observable<object>): Observable<object> =>
        new Observable((observer) => {
          observer.add(() => void job.progress$.subscribe(({ queued }) => void seen.push(queued)).unsubscribe());
          return input$.subscribe(observer);
        });
      flow.addRoutine(fromOperator('asking', asking), 'op');
      flow.connect('s', 'output', 'op', 'input');
      const job: Job = flow.start('s');
      await rest();
      await job.cancel();
      expect(seen).toEqual([0]);
    });

    it('should be unsubscribed from by a shutdown that does not wait, and waited for by one that does (D25)', async () => {
      const fate = newFate();
      const { flow } = reading(watched$(fate));
      const job = flow.start('s');
      await rest();
      await flow.shutdown({ wait: false });
      expect({ status: job.status, left: fate.left }).toEqual({ status: 'cancelled', left: 1 });
      const value$ = new Subject<number>();
      const { flow: other, log } = reading(value$);
      other.start('s');
      await rest();
      const down = other.shutdown();
      value$.next(1);
      value$.complete();
      await down;
      expect(valuesOf(log)).toEqual([1]);
    });
  });
});
