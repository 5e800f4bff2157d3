import { concatMap, config, finalize, map, type Observable, of, ReplaySubject, Subscription, timer } from 'rxjs';
import {
  ErrorHandler,
  type Data,
  type ExecuteOptions,
  type Flow,
  type FlowOptions,
  type Handler,
  type Job,
} from '../../lib/index.js';
import { emitting, flowOf, type Sketch } from '../support/flows.js';
import { type Marbles, marbles, starts } from '../support/marbles.js';
import { turn } from '../support/virtualTime.js';

const numbered = (count: number): Handler => emitting(...Array.from({ length: count }, (_, n) => ({ n })));

/** `s` emits so many tasks at once; each task of `t` takes 10 ms. */
const burst = ({ cold, scheduler }: Marbles, count: number, options: FlowOptions = {}): Flow =>
  flowOf({ s: { slots: { trigger: numbered(count) } }, t: { slots: { i: () => cold('----------|') } } }, ['s.o -> t.i'], {
    scheduler,
    ...options,
  });

/** The tasks of a job as they start, and its end: seen from now on, whenever a diagram is compared with it. */
const drawn = (job: Job): Observable<string> => kept(starts(job.record$));

const kept = <T>(value$: Observable<T>): Observable<T> => {
  const seen$ = new ReplaySubject<T>(Infinity);
  value$.subscribe(seen$);
  return seen$;
};

/** At these ms, one after the other. */
const at = (...deeds: readonly (readonly [ms: number, deed: () => void])[]): Subscription => {
  const all = new Subscription();
  for (const [ms, deed] of deeds) all.add(timer(ms).subscribe(deed));
  return all;
};

const pausing = (job: Job) => (): void => void job.pause();

const resuming = (job: Job) => (): void => {
  job.resume();
};

describe('the pipeline of a flow', () => {
  describe('whose gate is toggled', () => {
    it(
      'should hold everything if that is before the first task',
      marbles((m) => {
        const job = burst(m, 2).start('s');
        void job.pause();
        at([20, resuming(job)]);
        m.expectObservable(drawn(job)).toBe('20ms (st) 6ms t 9ms |');
      }),
    );

    it(
      'should go on as if nothing had been if it is closed and opened in one frame, twice',
      marbles((m) => {
        const job = burst(m, 3).start('s');
        at([5, pausing(job)], [5, resuming(job)], [5, pausing(job)], [5, resuming(job)]);
        m.expectObservable(drawn(job)).toBe('(st)------t 9ms t 9ms |');
      }),
    );

    it(
      'should start nothing between the pause in a burst and the resume, and then go on in order',
      marbles((m) => {
        const job = burst(m, 4).start('s');
        at([15, pausing(job)], [50, resuming(job)]);
        m.expectObservable(drawn(job)).toBe('(st)------t 39ms t 9ms t 9ms |');
        m.expectObservable(kept(job.status$.pipe(map((status) => status.charAt(0))))).toBe('(pr) 16ms p 29ms r 19ms (c|)');
      }),
    );

    it(
      'should end the job only after the resume if it is paused during its last task',
      marbles((m) => {
        const job = burst(m, 1).start('s');
        at([5, pausing(job)], [30, resuming(job)]);
        m.expectObservable(drawn(job)).toBe('(st) 26ms |');
      }),
    );

    it(
      'should hold one job alone: the tasks of another pass',
      marbles((m) => {
        const flow = burst(m, 2, { maxWorkers: 2 });
        const [held, other] = [flow.start('s'), flow.start('s')];
        at([5, pausing(held)], [40, resuming(held)]);
        m.expectObservable(drawn(held)).toBe(' (st) 36ms t 9ms |');
        m.expectObservable(drawn(other)).toBe('(st)------t 9ms |');
      }),
    );
  });

  describe('whose number of workers changes', () => {
    it(
      'should start more at once as soon as a job with a higher cap comes, and keep what is at work',
      marbles((m) => {
        const flow = burst(m, 4, { maxWorkers: 1 });
        m.expectObservable(drawn(flow.start('s'))).toBe('(st)------t 14ms t 9ms t 9ms |');
        // Two more workers come with it; the one that comes free at 20 is the late job's by turns, the next the first one's.
        const late$ = timer(15).pipe(concatMap(() => drawn(flow.start('s', {}, { maxWorkers: 3 }))));
        m.expectObservable(late$).toBe('15ms (stt)t----t 9ms |');
      }),
    );

    it(
      'should start no more than before once that job has ended',
      marbles((m) => {
        const flow = burst(m, 3, { maxWorkers: 1 });
        m.expectObservable(drawn(flow.start('s', {}, { maxWorkers: 3 }))).toBe('(sttt)----|');
        const late$ = timer(15).pipe(concatMap(() => drawn(flow.start('s'))));
        m.expectObservable(late$).toBe('15ms (st)------t 9ms t 9ms |');
      }),
    );
  });

  it('should have all its workers after one of them never comes back: its job was cancelled', async () => {
    const order: string[] = [];
    let atWork = 0;
    let most = 0;
    const t: Sketch = {
      slots: {
        never: () => new Promise<never>(() => undefined),
        i: async ({ n }) => {
          most = Math.max(most, ++atWork);
          await turn();
          atWork--;
          order.push(String(n));
        },
      },
    };
    const sketches: Record<string, Sketch> = {
      stuck: { slots: { trigger: numbered(5) } },
      s: { slots: { trigger: numbered(6) } },
      t,
    };
    const flow = flowOf(sketches, ['stuck.o -> t.never', 's.o -> t.i'], { maxWorkers: 3 });
    const stuck = flow.start('stuck');
    await turn();
    await stuck.cancel();
    expect((await flow.execute('s')).status).toBe('completed');
    expect([most, order.length]).toEqual([3, 6]);
  });

  describe('in which code of the user throws', () => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const rejecting = (): unknown => Promise.reject(new Error('boom'));
    const spread = { maxWorkers: 2 };
    const retrying = (options: ConstructorParameters<typeof ErrorHandler>[0]): ErrorHandler =>
      new ErrorHandler({ maxRetries: 1, delayMs: 1, ...options, strategy: 'retry' });
    const fails: Sketch = { slots: { i: boom } };
    /** What a flow does beside its second job, which must not notice. */
    interface Case {
      readonly options?: FlowOptions;
      readonly t?: Sketch;
      readonly mapping?: (data: Data) => Data;
      readonly run?: ExecuteOptions;
      readonly handler?: ErrorHandler;
      readonly watch?: (job: Job) => void;
      readonly status: string;
    }
    const ends = (): Sketch['slots'] => ({ i: () => of(1).pipe(finalize(boom)) });
    // Not a listener of a signal: what that throws is an uncaught exception of the platform.
    const CASES: Readonly<Record<string, Case>> = {
      'a handler': { t: fails, status: 'failed' },
      'an async handler': { t: { slots: { i: async () => Promise.reject(new Error('boom')) } }, status: 'failed' },
      'a mapping': { mapping: boom, status: 'failed' },
      'a merge': { t: { slots: { i: [() => undefined, { merge: boom }] } }, status: 'failed' },
      'a schema': {
        t: { slots: { i: [() => undefined, { codec: { '~standard': { version: 1, vendor: 'x', validate: boom } } }] } },
        status: 'failed',
      },
      retryOn: { t: fails, handler: retrying({ retryOn: boom }), status: 'failed' },
      random: { t: fails, options: { random: boom }, handler: retrying({ jitter: 1 }), status: 'failed' },
      'a getter of a payload': {
        t: { slots: { i: (_, ctx) => void ctx.emit('o', Object.defineProperty({}, 'x', { enumerable: true, get: boom })) } },
        status: 'failed',
      },
      'an update of the state': { t: { slots: { i: (_, ctx) => void ctx.setState(boom) } }, status: 'failed' },
      'an update of the state at the commit': {
        options: { emitMode: 'commit' },
        t: { slots: { i: (_, ctx) => void ctx.setState(twice(boom)) } },
        status: 'failed',
      },
      'the teardown of a returned stream': { t: { slots: ends() ?? {} }, status: 'completed' },
      'a stream as it is subscribed to': {
        t: { slots: { i: () => ({ [Symbol.asyncIterator]: boom }) } },
        status: 'failed',
      },
      'a thenable': { t: { slots: { i: () => ({ then: boom }) } }, status: 'failed' },
      'an output observer': {
        t: { slots: { i: (_, ctx) => void ctx.output('x') } },
        run: { output: { next: boom, complete: boom } },
        status: 'completed',
      },
      'an async output observer': {
        t: { slots: { i: (_, ctx) => void ctx.output('x') } },
        run: { output: rejecting },
        status: 'completed',
      },
      'a watcher of the records': { watch: (job) => void job.record$.subscribe(boom), status: 'completed' },
      'a watcher of the status': { watch: (job) => void job.status$.subscribe(boom), status: 'completed' },
      'a watcher of the progress': { watch: (job) => void job.progress$.subscribe(boom), status: 'completed' },
      'a watcher of an event': { watch: (job) => void job.event$('s.o').subscribe(boom), status: 'completed' },
      'a watcher of a slot': { watch: (job) => void job.slot$('t.i').subscribe(boom), status: 'completed' },
      'a watcher of a routine': { watch: (job) => void job.routine$('t').subscribe(boom), status: 'completed' },
      'a tracked promise': {
        t: { slots: { i: (_, ctx) => void ctx.track(Promise.reject(new Error('boom'))) } },
        status: 'failed',
      },
    };

    const unhandled: unknown[] = [];
    beforeEach(() => {
      config.onUnhandledError = (error) => unhandled.push(error);
    });
    afterEach(() => {
      config.onUnhandledError = null;
    });

    it.each(Object.entries(CASES))(
      'should run another job as ever: %s',
      async (_, { options, t, mapping, run, handler, watch, status }) => {
        const sketches: Record<string, Sketch> = {
          s: { slots: { trigger: numbered(2) } },
          t: { events: ['o'], ...(t ?? { slots: { i: () => undefined } }) },
          good: { slots: { trigger: numbered(4) } },
          slow: { slots: { i: slowly } },
        };
        const flow = flowOf(sketches, ['good.o -> slow.i'], { ...spread, ...options });
        flow.connect('s', 'o', 't', 'i', mapping);
        if (handler !== undefined) flow.routines.get('t')?.setErrorHandler(handler);
        const job = flow.start('s', {}, run);
        watch?.(job);
        expect((await job.done).status).toBe(status);
        atOnce.now = atOnce.most = 0;
        expect((await flow.execute('good')).status).toBe('completed');
        expect(atOnce.most).toBe(2);
        expect(flow.jobs).toEqual([]);
      },
    );

    const atOnce = { now: 0, most: 0 };
    async function slowly(): Promise<void> {
      atOnce.most = Math.max(atOnce.most, ++atOnce.now);
      await turn();
      atOnce.now--;
    }
  });
});

/** An update that is asked twice: at the call, and at the commit, where it throws. */
const twice = (boom: () => never): ((own: Data) => object) => {
  let asked = 0;
  return () => (++asked === 1 ? {} : boom());
};
