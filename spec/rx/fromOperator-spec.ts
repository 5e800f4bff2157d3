import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import {
  bufferCount,
  bufferTime,
  catchError,
  concat,
  concatMap,
  count,
  debounceTime,
  defer,
  delay,
  EMPTY,
  filter,
  finalize,
  first,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  pipe,
  reduce,
  scan,
  startWith,
  Subject,
  take,
  takeLast,
  tap,
  throwError,
  timer,
  toArray,
  windowTime,
  withLatestFrom,
} from 'rxjs';
import {
  type Context,
  currentContext,
  type Data,
  defineRoutine,
  ErrorHandler,
  Flow,
  type FlowOptions,
  type Handler,
  type Job,
  type JobRecord,
  JobState,
  Registry,
  Routine,
} from '../../lib/index.js';
import { feed, fromOperator, type FromOperatorOptions, toOperator } from '../../lib/rx/index.js';
import { type FlowTest, testFlow } from '../../lib/testing/index.js';
import { emitting, forward, noting, routine, type Sketch, sleep, flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { rest } from '../support/turns.js';
import { endOf } from './sources.js';
import { handlerOf } from '../support/handlers.js';

interface Letter {
  readonly v: string;
}

type Operator = OperatorFunction<Letter, unknown>;

const letter = (v: string): Letter => ({ v });
const LETTERS: Readonly<Record<string, Letter>> = Object.fromEntries([...'abcdefgh'].map((v) => [v, letter(v)]));

const v = ({ v }: Letter): string => v;
const letters = (all: readonly Letter[]): string => all.map(v).join('');
/** All that came, as one word. */
const word: Operator = pipe(
  map(v),
  toArray(),
  map((all) => ({ v: all.join('') })),
);
/** Two at a time, as one word. */
const pairs: OperatorFunction<Letter, Letter> = pipe(
  bufferCount(2),
  map((two) => letter(letters(two))),
);
const boom = (): never => {
  throw new Error('boom');
};

/** A flow of sketches and of routines; a link is written `s.o -> t.i`. */
const build = (parts: Readonly<Record<string, Sketch | Routine>>, links: readonly string[], options: FlowOptions = {}): Flow => {
  const flow = new Flow({ maxWorkers: 9, flowId: 'f', ...options });
  for (const [id, part] of Object.entries(parts)) flow.addRoutine(part instanceof Routine ? part : routine(part), id);
  for (const link of links) flow.connect(...(link.split(/\.| -> /) as [string, string, string, string]));
  return flow;
};

/** Give what can be neither cloned nor written down. */
const GIVING_CODE: readonly (readonly [string, Operator])[] = [
  ['for an input', map(() => ({ f: boom }))],
  [
    'at rest',
    pipe(
      toArray(),
      map(() => ({ f: boom })),
    ),
  ],
];

/** Fails by a timer, when its input has completed. */
const FAILS_LATE: Operator = pipe(toArray(), delay(5), map(boom));

const op = (operator: Operator, options?: FromOperatorOptions): Routine => fromOperator('op', operator, options);

/** Emits letters at once. */
const saying = (inputs: string): Sketch => ({ slots: { trigger: emitting(...[...inputs].map((v) => ({ v }))) } });

/** s emits at once what is given, op works on it, t notes what comes out. */
const atOnce = (
  operator: Operator | Routine,
  inputs: string,
  { log = [], ...options }: FlowOptions & { readonly log?: unknown[] } = {},
): Flow =>
  build(
    {
      s: saying(inputs),
      op: operator instanceof Routine ? operator : op(operator),
      t: { slots: { i: noting(log, (data) => data) } },
    },
    ['s.o -> op.input', 'op.output -> t.i'],
    options,
  );

/** A trigger that emits as the diagram says. */
const playing = ({ cold }: FlowTest, diagram: string): Sketch => ({
  slots: { trigger: [() => cold(diagram, LETTERS), { emits: 'o' }] },
});

/** The same in virtual time: s emits as the diagram says. */
const inTime = (test: FlowTest, diagram: string, operator: Operator | Routine, options: FlowOptions = {}): Flow =>
  build(
    {
      s: playing(test, diagram),
      op: operator instanceof Routine ? operator : op(operator),
      t: { slots: { i: () => undefined } },
    },
    ['s.o -> op.input', 'op.output -> t.i'],
    { ...test.flowOptions, ...options },
  );

/** Notes when an operator is subscribed to, when its input completes, and when it is unsubscribed from. */
const noted =
  (log: string[], name: string, operator: Operator = map((data) => data)): Operator =>
  (source$) =>
    defer(() => {
      log.push(`${name} subscribed`);
      return source$.pipe(
        tap({ complete: () => log.push(`${name} completed`) }),
        operator,
        finalize(() => log.push(`${name} left`)),
      );
    });

const outputs = ({ state }: Job, routineId = 'op'): readonly unknown[] =>
  state.history(routineId).flatMap(({ eventName, data }) => (eventName === 'output' ? [data] : []));

/** Resolves when the job is paused, or done. */
const quiet = (job: Job): Promise<unknown> =>
  firstValueFrom(job.status$.pipe(filter((status) => status !== 'pending' && status !== 'running')));

describe('fromOperator', () => {
  describe('its subscription (D27)', () => {
    it.each<[string, Operator, string, unknown]>([
      ['toArray', toArray(), '   -----[x|]', { value: [] }],
      ['count', count(), '       -----[x|]', { value: 0 }],
      ['reduce', reduce((all: string, { v }: Letter) => all + v, '!'), '-----[x|]', { value: '!' }],
      ['startWith', startWith({ first: true }), 'x----|', { first: true }],
      ['timer', () => timer(3), ' ---x-|', { value: 0 }],
    ])('should begin at the start of the job, also where nothing ever comes: %s', (_, operator, diagram, x) =>
      testFlow((test) => {
        const job = test.start(inTime(test, '-----|', operator), 's');
        test.expectJob(job).toBe({ 'emits op.output': diagram }, { x });
      }),
    );

    it('should begin before the first handler is called, once, and end with the job', async () => {
      const log: string[] = [];
      const flow = atOnce(noted(log, 'op'), 'ab');
      flow.start('s').record$.subscribe(({ type }) => {
        if (type === 'taskStarted' || type === 'ended') log.push(type);
      });
      const state = await flow.start('s').done;
      expect(state.status).toBe('completed');
      expect(log.filter((each) => each.startsWith('op'))).toHaveLength(6);
      expect(log.indexOf('taskStarted')).toBeGreaterThan(log.indexOf('op subscribed'));
    });

    it('should not be made where the entry does not lead to it; where it does, however far, it should', async () => {
      const log: string[] = [];
      const trigger = saying('a');
      const pass = { slots: { i: () => undefined } };
      const parts = {
        a: trigger,
        b: trigger,
        near: op(noted(log, 'near')),
        far: op(noted(log, 'far')),
        pass,
        off: op(noted(log, 'off')),
      };
      const flow = build(parts, ['a.o -> near.input', 'near.output -> pass.i', 'pass.o -> far.input', 'b.o -> off.input']);
      await flow.execute('a');
      expect(log.filter((each) => each.endsWith('subscribed'))).toEqual(['near subscribed', 'far subscribed']);
      log.length = 0;
      await flow.execute('b');
      expect(log).toEqual(['off subscribed', 'off completed', 'off left']);
    });

    it('should be made with the first input where that comes from elsewhere, and flush as any other', async () => {
      const log: string[] = [];
      const flow = build({ s: { slots: { trigger: () => sleep(5) } }, op: op(noted(log, 'op', word)) }, []);
      const job = flow.start('s');
      feed(job, 'op.input', [letter('a'), letter('b')]);
      expect(log).toEqual([]);
      await job.done;
      expect(outputs(job)).toEqual([{ v: 'ab' }]);
      expect(log).toEqual(['op subscribed', 'op completed', 'op left']);
    });

    it('should not be made for a job that ends before it begins, or while it is paused before that', async () => {
      const log: string[] = [];
      const flow = atOnce(noted(log, 'op'), 'a');
      await flow.start('s').cancel();
      const job = flow.start('s');
      await job.pause();
      await sleep(1);
      expect(log).toEqual([]);
      job.resume();
      await job.done;
      expect(log).toEqual(['op subscribed', 'op completed', 'op left']);
    });

    it('should be one in each job, with a state of its own', async () => {
      const flow = build(
        {
          s: { slots: { trigger: ({ word }, ctx) => [...(word as string)].forEach((v) => void ctx.emit('o', { v })) } },
          op: op(
            pipe(
              map(v),
              scan((all: string, each: string) => all + each),
            ),
          ),
        },
        ['s.o -> op.input'],
      );
      const jobs = ['abc', 'xy', ''].map((each) => flow.start('s', { word: each }));
      await Promise.all(jobs.map(({ done }) => done));
      expect(jobs.map((job) => outputs(job).map((data) => (data as Data)['value']))).toEqual([
        ['a', 'ab', 'abc'],
        ['x', 'xy'],
        [],
      ]);
    });

    it('should be one in each place of a routine that serves two flows', async () => {
      const shared = op(word);
      const [one, other] = [atOnce(shared, 'ab'), build({ s: saying('c'), mine: shared }, ['s.o -> mine.input'])];
      const jobs = [one.start('s'), other.start('s')] as const;
      await Promise.all(jobs.map(({ done }) => done));
      expect([outputs(jobs[0]), outputs(jobs[1], 'mine')]).toEqual([[{ v: 'ab' }], [{ v: 'c' }]]);
    });
  });

  describe('what it gives when the job comes to rest (D27)', () => {
    it.each<[string, string, Operator, string]>([
      ['what has come out is not given again', 'a-b|', map((data) => data), 'a-b|'],
      ['toArray', '      a-b|', word, '                      ---[x|]'],
      ['bufferCount', '  a-b-c|', pairs, '                   --x--[c|]'],
      ['takeLast', '     a-b|', takeLast(1), '               ---[b|]'],
      ['debounceTime', ' a-b|', debounceTime(9), '           ---[b|]'],
      ['debounceTime, also in between', 'a---b|', debounceTime(2), '--a--[b|]'],
      [
        'bufferTime',
        '   a-b|',
        pipe(
          bufferTime(9),
          map((all) => letter(letters(all))),
        ),
        '---[x|]',
      ],
      [
        'windowTime',
        '   a-b|',
        pipe(
          windowTime(9),
          mergeMap((one$) => one$.pipe(word)),
        ),
        '---[x|]',
      ],
      ['delay', '        a-b|', delay(5), '                  -----a-[b|]'],
      ['an inner stream', 'a-b|', concatMap((data) => of(data).pipe(delay(4))), '----a---[b|]'],
      ['what is merged beside it', 'a|', (source$) => merge(source$, timer(5).pipe(map(() => letter('b')))), 'a----[b|]'],
      ['what follows it', 'a|', (source$) => concat(source$, timer(5).pipe(map(() => letter('b')))), 'a-----[b|]'],
    ])('should come out as emissions, and the job be done then: %s', (_, input, operator, diagram) =>
      testFlow((test) => {
        const job = test.start(inTime(test, input, operator), 's');
        const lines = { 'emits op.output': diagram, 'starts t': diagram, 'ends t': diagram.replace(/[a-z]/g, 'c') };
        test.expectJob(job).toBe(lines, { ...LETTERS, x: letter('ab') });
      }),
    );

    it('should come of a promise, which holds the job open', () =>
      testFlow((test) => {
        const slow = mergeMap((data: Letter) => test.sleep(5).then(() => data));
        const job = test.start(inTime(test, 'a-b|', slow), 's');
        test.expectJob(job).toBe({ 'emits op.output': '-----a-[b|]', active: '1--0---|' }, LETTERS);
      }));

    it('should come of a second stream that only knows its own time', () =>
      testFlow(async (test) => {
        const beside = new Subject<number>();
        const flow = inTime(
          test,
          'a--b|',
          pipe(
            withLatestFrom(beside),
            map(([{ v }, n]) => letter(`${v}${n}`)),
          ),
        );
        const job = test.start(flow, 's');
        await test.sleep(1);
        beside.next(1);
        test.expectJob(job).toBe({ 'emits op.output': '---x|' }, { x: letter('b1') });
        await test.flush();
        expect(beside.observed).toBe(false);
      }));

    it('should wait for all tasks of the job, also where they have nothing to do with it', () =>
      testFlow((test) => {
        const parts = { s: playing(test, 'a|'), op: op(word), slow: { slots: { i: test.takes(9) } } };
        const job = test.start(build(parts, ['s.o -> op.input', 's.o -> slow.i'], test.flowOptions), 's');
        test.expectJob(job).toBe({ 'emits op.output': '---------[a|]' }, LETTERS);
      }));

    it('should wait for a retry in its delay, and for what a handler tracks', () =>
      testFlow((test) => {
        const retried: Handler = (data, ctx) => (ctx.attempt === 1 ? boom() : forward(data, ctx));
        const tracking: Handler = (data, ctx) => void ctx.track(test.sleep(4).then(() => void forward(data, ctx)));
        const parts = { s: playing(test, 'a|'), r: { slots: { i: retried } }, k: { slots: { i: tracking } }, op: op(word) };
        const errorHandler = new ErrorHandler({ strategy: 'retry', delayMs: 5 });
        const flow = build(parts, ['s.o -> r.i', 'r.o -> k.i', 'k.o -> op.input'], { ...test.flowOptions, errorHandler });
        test.expectJob(test.start(flow, 's')).toBe({ 'emits op.output': '---------[a|]' }, LETTERS);
      }));

    it('should come upstream first: what one gives, the next still takes in', () =>
      testFlow((test) => {
        const log: string[] = [];
        const parts = {
          s: playing(test, 'abcde|'),
          two: op(noted(log, 'two', pairs)),
          four: op(noted(log, 'four', pairs)),
          all: op(noted(log, 'all', word)),
        };
        const flow = build(parts, ['s.o -> two.input', 'two.output -> four.input', 'four.output -> all.input'], test.flowOptions);
        test.expectJob(test.start(flow, 's')).toBe(
          {
            'emits two.output': ' -x-y-[e|]',
            'emits four.output': '---z-[e|]',
            'emits all.output': ' -----[w|]',
          },
          { ...LETTERS, x: letter('ab'), y: letter('cd'), z: letter('abcd'), w: letter('abcde') },
        );
        return test.flush().then(() => {
          const completions = log.filter((each) => each.endsWith('completed'));
          expect(completions).toEqual(['two completed', 'four completed', 'all completed']);
        });
      }));

    it('should come upstream first, whatever is slow between them', () =>
      testFlow((test) => {
        const parts = {
          s: playing(test, 'ab|'),
          one: op(word),
          slow: { slots: { i: test.takes(5, forward) } },
          two: op(pipe(delay(3), word)),
        };
        const flow = build(parts, ['s.o -> one.input', 'one.output -> slow.i', 'slow.o -> two.input'], test.flowOptions);
        const lines = { 'emits one.output': '--x-------|', 'emits two.output': '----------[x|]' };
        test.expectJob(test.start(flow, 's')).toBe(lines, { x: letter('ab') });
      }));

    it('should be taken in at the foot of a diamond from both sides, the slower one too', () =>
      testFlow((test) => {
        const parts = { s: playing(test, 'a|'), quick: op(word), slow: op(pipe(word, delay(5))), foot: op(word) };
        const links = ['s.o -> quick.input', 's.o -> slow.input', 'quick.output -> foot.input', 'slow.output -> foot.input'];
        const job = test.start(build(parts, links, test.flowOptions), 's');
        test.expectJob(job).toBe({ 'emits foot.output': '------[x|]' }, { x: letter('aa') });
      }));

    it('should not wait for one another on two branches, but for the job to be at rest again', () =>
      testFlow((test) => {
        const parts = { s: playing(test, 'a|'), p: op(word), p2: op(word), q: op(pipe(word, delay(5))), q2: op(word) };
        const links = ['s.o -> p.input', 's.o -> q.input', 'p.output -> p2.input', 'q.output -> q2.input'];
        const job = test.start(build(parts, links, test.flowOptions), 's');
        const lines = {
          'emits p.output': '-a----|',
          'emits q.output': '------[a|]',
          'emits p2.output': '------[a|]',
          'emits q2.output': '------[a|]',
        };
        test.expectJob(job).toBe(lines, LETTERS);
      }));

    it('should come at once of all that are in a cycle, after what leads there and before what follows', async () => {
      const log: string[] = [];
      const parts: Record<string, Sketch | Routine> = { s: saying('ab') };
      for (const name of ['above', 'one', 'two', 'below']) parts[name] = op(noted(log, name, toArray()));
      const links = [
        's.o -> above.input',
        'above.output -> one.input',
        'one.output -> two.input',
        'two.output -> one.input',
        'two.output -> below.input',
      ];
      const job = build(parts, links).start('s');
      await job.done;
      expect(log.filter((each) => each.endsWith('completed'))).toEqual([
        'above completed',
        'one completed',
        'two completed',
        'below completed',
      ]);
      // What one of the cycle gives at its end, the other does not take in any more.
      expect([outputs(job, 'one'), outputs(job, 'two')]).toEqual([
        [{ value: [{ value: [letter('a'), letter('b')] }] }],
        [{ value: [] }],
      ]);
      expect(outputs(job, 'below')).toEqual([{ value: [{ value: [] }] }]);
    });

    it('should let values go round before that, for as long as they do', async () => {
      const parts = {
        s: { slots: { trigger: emitting({ n: 1 }) } },
        op: fromOperator(
          'op',
          map(({ n }: { n: number }) => ({ n: 2 * n })),
        ),
        t: { slots: { i: (data: Data, ctx: Context) => ((data['n'] as number) < 100 ? forward(data, ctx) : undefined) } },
      };
      const job = build(parts, ['s.o -> op.input', 'op.output -> t.i', 't.o -> op.input']).start('s');
      await job.done;
      expect(outputs(job)).toHaveLength(7);
      expect(job.status).toBe('completed');
    });

    it('should come through a hundred of them, one behind the other', async () => {
      const names = Array.from({ length: 100 }, (_, at) => `op${at}`);
      const parts = Object.fromEntries(names.map((name) => [name, op(takeLast(1))]));
      const links = names.slice(1).map((name, at) => `op${at}.output -> ${name}.input`);
      const job = build({ s: saying('ab'), ...parts }, ['s.o -> op0.input', ...links]).start('s');
      await job.done;
      expect(outputs(job, 'op99')).toEqual([letter('b')]);
    });

    it.each<[string, (flow: Flow) => Promise<unknown>]>([
      ['execute', (flow) => flow.execute('s')],
      ['waitForCompletion', (flow) => flow.start('s').waitForCompletion()],
      ['shutdown', (flow) => (flow.start('s'), flow.shutdown())],
      [
        'toOperator, as one job',
        (flow) => lastValueFrom(of({}).pipe(toOperator(flow, { entry: 's', output: 'op.output', as: 'job' }))),
      ],
    ])('should be waited for by all that wait for the job: %s', async (_, wait) => {
      const log: unknown[] = [];
      await wait(atOnce(pipe(word, delay(2)), 'ab', { log }));
      expect(log).toEqual([letter('ab')]);
    });

    it('should come of a job that the operator itself runs, of the same sequential flow (D16)', async () => {
      let depth = 0;
      const nested: Operator = mergeMap(({ v }) =>
        depth++ < 2 ? from(flow.execute('s')).pipe(map(({ status }) => letter(status))) : of(letter(v)),
      );
      const flow = atOnce(nested, 'a', { maxWorkers: 1 });
      const job = flow.start('s');
      await job.done;
      expect([job.status, outputs(job), depth]).toEqual(['completed', [letter('completed')], 3]);
    });

    it('should not be seen as at work while it comes: no handler is (D42)', () =>
      testFlow(async (test) => {
        const seen: [number, number][] = [];
        const job = test.start(inTime(test, 'a-b|', pipe(word, delay(5))), 's');
        job.progress$.subscribe(({ queued, active }) => seen.push([queued, active]));
        await test.sleep(4);
        expect([job.status, seen.at(-1)]).toEqual(['running', [0, 0]]);
        await test.flush();
        expect(job.status).toBe('completed');
      }));
  });

  describe('a pause (D19, D27)', () => {
    it('should hold back what is given at rest until the job is resumed', () =>
      testFlow(async (test) => {
        const job = test.start(inTime(test, 'a-b|', word), 's');
        await test.sleep(1);
        void job.pause();
        await test.sleep(9);
        job.resume();
        test.expectJob(job).toBe({ pauses: '---p------[r|]', 'emits op.output': '10ms [x|]' }, { x: letter('ab') });
      }));

    it('should be kept where it is asked for at the last task', async () => {
      const flow = atOnce(word, 'ab');
      const job = flow.start('s');
      job.record$.subscribe((record) => {
        if (record.type === 'taskStarted' && record.routineId === 'op' && record.data['v'] === 'b') void job.pause();
      });
      await quiet(job);
      expect(job.status).toBe('paused');
      expect(outputs(job)).toEqual([]);
      job.resume();
      expect((await job.done).status).toBe('completed');
      expect(outputs(job)).toEqual([letter('ab')]);
    });

    it('should keep what comes while it lasts, and hand it on afterwards', () =>
      testFlow(async (test) => {
        const job = test.start(inTime(test, 'a-b|', delay(5)), 's');
        await test.sleep(4);
        void job.pause();
        await test.sleep(6);
        expect(job.state.pendingTasks.map(({ data }) => data)).toEqual([letter('a'), letter('b')]);
        job.resume();
        test.expectJob(job).toBe({ 'emits op.output': '-----a-b--|', 'starts t': '10ms [ab|]' }, LETTERS);
      }));

    it('should not be the end of the job where the last value comes while it lasts', () =>
      testFlow(async (test) => {
        const job = test.start(
          inTime(test, 'a|', (source$) => concat(source$, timer(5).pipe(mergeMap(() => EMPTY)))),
          's',
        );
        await test.sleep(3);
        void job.pause();
        await test.sleep(7);
        expect(job.status).toBe('paused');
        job.resume();
        test.expectJob(job).toBe({ status: '[r]--p 6ms [r|]' });
      }));

    it('should count as pending what is pending, and not that something may still come (F18)', () =>
      testFlow(async (test) => {
        const job = test.start(inTime(test, 'a|', pipe(word, delay(9))), 's');
        await test.sleep(5);
        await job.pause();
        expect(job.state.pendingTasks).toEqual([]);
        expect(job.state.pausePoints).toMatchObject([{ pendingTasks: 0 }]);
        job.resume();
      }));

    it('should change nothing where it is withdrawn', async () => {
      const flow = atOnce(word, 'ab');
      const job = flow.start('s');
      job.record$.subscribe((record) => {
        if (record.type !== 'taskStarted' || record.routineId !== 'op') return;
        void job.pause();
        job.resume();
      });
      expect((await job.done).status).toBe('completed');
      expect(outputs(job)).toEqual([letter('ab')]);
    });

    it('should refuse more than it may keep, as a failure that comes with the resume (PAUSED_FULL)', () =>
      testFlow(async (test) => {
        const job = test.start(
          inTime(test, '|', () => interval(1), { pausedLimit: 1 }),
          's',
        );
        await test.sleep(1);
        void job.pause();
        await test.sleep(9);
        expect([job.status, outputs(job)]).toEqual(['paused', [{ value: 0 }]]);
        job.resume();
        await test.flush();
        expect(job.state.error?.cause).toMatchObject({ code: 'PAUSED_FULL' });
      }));

    it('should be kept where a callback asks for it that gives nothing at the end (F4)', async () => {
      const job: Job = atOnce((source$) => source$.pipe(finalize(() => void job.pause())), 'a').start('s');
      await quiet(job);
      expect(job.status).toBe('paused');
      job.resume();
      expect((await job.done).status).toBe('completed');
    });

    it('should be kept where a callback asks for it in the middle of the end: what others hold comes after the resume', async () => {
      const parts = {
        s: saying('a'),
        one: op((source$) =>
          source$.pipe(
            word,
            tap(() => void job.pause()),
          ),
        ),
        two: op(word),
        three: op(word),
      };
      const flow = build(parts, ['s.o -> one.input', 's.o -> two.input', 'one.output -> three.input']);
      const job: Job = flow.start('s');
      await quiet(job);
      expect([job.status, outputs(job, 'three')]).toEqual(['paused', []]);
      job.resume();
      expect((await job.done).status).toBe('completed');
      expect([outputs(job, 'one'), outputs(job, 'two'), outputs(job, 'three')]).toEqual([
        [letter('a')],
        [letter('a')],
        [letter('a')],
      ]);
    });
  });

  describe('a job that ends otherwise (D2, D27)', () => {
    const ENDS: readonly (readonly [string, FlowOptions, (job: Job, flow: Flow) => unknown, string])[] = [
      ['cancelled', {}, (job) => job.cancel(), 'cancelled'],
      ['cancelled with its flow', {}, (_, flow) => flow.cancel(), 'cancelled'],
      ['shut down', {}, (_, flow) => flow.shutdown({ wait: false }), 'cancelled'],
      ['timed out', { executionTimeoutMs: 10 }, () => undefined, 'failed'],
      ['failed', {}, (job) => feed(job, 'bad.i', [{}]), 'failed'],
    ];
    const STAGES: readonly (readonly [string, string])[] = [
      ['its input is open', 'a 99ms |'],
      ['it still gives', 'a|'],
    ];
    const CASES = ENDS.flatMap(([name, ...end]) => STAGES.map(([stage, input]) => [name, stage, input, ...end] as const));

    it.each(CASES)(
      'should unsubscribe from it once, and get nothing more of it: %s, while %s',
      (_, __, input, options, end, status) =>
        testFlow(async (test) => {
          const log: string[] = [];
          const held = noted(log, 'op', (source$) =>
            merge(source$.pipe(mergeMap((data) => of(data).pipe(delay(20)))), interval(3)),
          );
          const parts = { s: playing(test, input), op: op(held), all: op(noted(log, 'all', word)), bad: { slots: { i: boom } } };
          const flow = build(parts, ['s.o -> op.input', 'op.output -> all.input'], { ...test.flowOptions, ...options });
          const job = test.start(flow, 's');
          await test.sleep(10);
          void end(job, flow);
          await test.sleep(1);
          expect(job.status).toBe(status);
          const { length } = job.state.history();
          await test.sleep(100);
          expect(log.filter((each) => each.endsWith('left'))).toEqual(['op left', 'all left']);
          expect(log).not.toContain('all completed');
          expect(job.state.history()).toHaveLength(length);
          expect(outputs(job)).toEqual([{ value: 0 }, { value: 1 }, { value: 2 }]);
          expect(outputs(job, 'all')).toEqual([]);
        }),
    );

    it('should say in a warning what a teardown throws, and end all the same', async () => {
      const [warnings, log]: [unknown[], string[]] = [[], []];
      const parts = {
        s: { slots: { trigger: () => new Promise(() => undefined) } },
        op: op(pipe(finalize(boom))),
        other: op(noted(log, 'other')),
      };
      const job = build(parts, ['s.o -> op.input', 's.o -> other.input']).start('s');
      job.record$.subscribe((record) => {
        if (record.type === 'warning') warnings.push(record.message);
      });
      await rest();
      await job.cancel();
      expect(job.status).toBe('cancelled');
      expect(warnings).toEqual([expect.stringContaining("'op'")]);
      expect(log).toEqual(['other subscribed', 'other left']);
    });

    it('should say in a warning what a teardown throws where its input completes, and end all the same (F1)', async () => {
      const warnings: unknown[] = [];
      const job = atOnce(finalize(boom), 'a').start('s');
      job.record$.subscribe((record) => {
        if (record.type === 'warning') warnings.push(record.message);
      });
      expect(await endOf(job)).toBe('completed');
      expect(warnings).toEqual([expect.stringContaining("'op'")]);
    });

    it('should leave alone what is subscribed to while the job ends (F2)', () =>
      testFlow(async (test) => {
        let ticks = 0;
        const operator: Operator = (source$) =>
          defer(() => {
            void job.cancel();
            return merge(source$, interval(5).pipe(tap(() => ticks++)));
          });
        const job: Job = test.start(inTime(test, 'a|', operator), 's');
        await test.sleep(50);
        expect([job.status, ticks, outputs(job)]).toEqual(['cancelled', 0, []]);
      }));
  });

  describe('an error (D1, D27)', () => {
    type Strategy = 'stop' | 'continue' | 'skip' | 'retry';
    /** Adds up, so that one that begins anew is known by its sum; b fails at once, or 1 ms later. */
    const failing = (later: boolean, log: string[]): Operator =>
      noted(
        log,
        'op',
        pipe(
          mergeMap((data: Letter) =>
            data.v === 'b' ? (later ? timer(1).pipe(map(boom)) : throwError(() => new Error('boom'))) : of(data),
          ),
          scan((all: Letter, data: Letter) => letter(all.v + data.v)),
        ),
      );
    const OUTCOMES: Readonly<Record<Strategy, readonly [string, string, string]>> = {
      stop: ['failed', 'failed', 'error'],
      retry: ['failed', 'failed', 'error'],
      continue: ['completed', 'error_continued', 'error_continued'],
      skip: ['completed', 'skipped', 'skipped'],
    };
    const CASES = (['stop', 'retry', 'continue', 'skip'] as const).flatMap((strategy) =>
      (['routine', 'flow'] as const).flatMap((holder) =>
        ([false, true] as const).map((later) => [strategy, holder, later ? 'a timer' : 'an input', later] as const),
      ),
    );

    it.each(CASES)('should follow %s of the %s where it comes of %s', (strategy, holder, _, later) =>
      testFlow(async (test) => {
        const log: string[] = [];
        const errorHandler = handlerOf({ strategy, delayMs: 1 });
        const made = op(failing(later, log));
        if (holder === 'routine') made.setErrorHandler(errorHandler);
        const flow = inTime(test, 'a--b--c--d|', made, holder === 'flow' ? { errorHandler } : {});
        const job = test.start(flow, 's');
        await test.sleep(50);
        const [status, state, event] = OUTCOMES[strategy];
        const goesOn = status === 'completed';
        expect(job.status).toBe(status);
        expect(outputs(job)).toEqual(goesOn ? [letter('a'), letter('c'), letter('cd')] : [letter('a')]);
        expect(job.state.routineState('op')).toMatchObject({ status: state, error: 'boom', retryCount: 0 });
        expect(job.state.history('op').filter(({ eventName }) => eventName !== 'output')).toMatchObject([
          { eventName: event, data: { error: 'boom', error_type: 'Error' } },
        ]);
        expect(log.filter((each) => each.endsWith('subscribed'))).toHaveLength(goesOn ? 2 : 1);
        expect(log.filter((each) => each.endsWith('left'))).toHaveLength(goesOn ? 2 : 1);
        if (!goesOn)
          expect(job.state.error).toMatchObject({
            code: 'TASK_FAILED',
            details: { routineId: 'op', slot: 'input', attempts: 1 },
          });
        if (!goesOn) expect((job.state.error?.cause as Error).message).toBe('boom');
        if (!goesOn) expect(job.snapshot().dropped.tasks).toBe(1);
      }),
    );

    it.each([false, true])(
      "should only be recorded where nobody handles it and the flow says so (unhandledErrors: 'record', later: %p)",
      (later) =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, 'a--b--c|', failing(later, []), { unhandledErrors: 'record' }), 's');
          await test.sleep(50);
          expect(job.status).toBe('completed');
          expect(outputs(job)).toEqual([letter('a'), letter('c')]);
          expect(job.state.routineState('op')).toMatchObject({ status: 'error_continued', error: 'boom' });
          expect(job.state.history('op').map(({ eventName }) => eventName)).toEqual(['output', 'error', 'output']);
        }),
    );

    it('should leave nothing to be given at rest where no input comes after it, and not be subscribed to again', () =>
      testFlow(async (test) => {
        const log: string[] = [];
        const errorHandler = new ErrorHandler({ strategy: 'continue' });
        const operator = noted(
          log,
          'op',
          pipe(
            tap(({ v }) => (v === 'b' ? boom() : undefined)),
            word,
          ),
        );
        const job = test.start(inTime(test, 'ab-|', operator, { errorHandler }), 's');
        await test.flush();
        expect([job.status, outputs(job), log]).toEqual(['completed', [], ['op subscribed', 'op left']]);
      }));

    const AT_REST: readonly (readonly [string, Operator])[] = [
      ['at once', pipe(toArray(), map(boom))],
      ['later', pipe(toArray(), delay(5), map(boom))],
      ['of its own', first()],
    ];

    it.each(AT_REST)('should fail the job where it comes when the job is at rest: %s', (_, operator) =>
      testFlow(async (test) => {
        const log: string[] = [];
        const flow = build(
          { s: playing(test, '--|'), op: op(operator), other: op(noted(log, 'other')), behind: op(noted(log, 'behind')) },
          ['s.o -> op.input', 's.o -> other.input', 'op.output -> behind.input'],
          test.flowOptions,
        );
        const job = test.start(flow, 's');
        await test.flush();
        expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 'op' } });
        expect(log.filter((each) => each.startsWith('behind'))).toEqual(['behind subscribed', 'behind left']);
      }),
    );

    it.each(AT_REST)('should be continued there as well, and what is behind it still be given: %s', (_, operator) =>
      testFlow(async (test) => {
        const errorHandler = new ErrorHandler({ strategy: 'continue' });
        const parts = { s: playing(test, '--|'), op: op(operator), behind: op(count()) };
        const flow = build(parts, ['s.o -> op.input', 'op.output -> behind.input'], { ...test.flowOptions, errorHandler });
        const job = test.start(flow, 's');
        await test.flush();
        expect([job.status, outputs(job, 'behind')]).toEqual(['completed', [{ value: 0 }]]);
        expect(job.state.routineState('op')).toMatchObject({ status: 'error_continued' });
      }),
    );

    it('should count no task as dropped where there was none (F5)', async () => {
      const job = atOnce(pipe(toArray(), map(boom)), 'ab').start('s');
      await job.done;
      expect([job.status, job.snapshot().dropped.tasks]).toEqual(['failed', 0]);
    });

    it('should come of a factory that throws, or gives no stream, at the start of the job', async () => {
      for (const wrong of [boom, () => undefined] as unknown as Operator[]) {
        const job = atOnce(wrong, 'a').start('s');
        await job.done;
        expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 'op' } });
        expect(job.state.history('s').map(({ eventName }) => eventName)).toEqual(['start']);
      }
    });

    it('should come of it again with each input where the job goes on', async () => {
      const flow = atOnce(boom, 'ab', { errorHandler: new ErrorHandler({ strategy: 'skip' }) });
      const job = flow.start('s');
      await job.done;
      expect(job.status).toBe('completed');
      expect(job.state.history('op').map(({ eventName }) => eventName)).toEqual(['skipped', 'skipped', 'skipped']);
    });

    it('should not be one where the operator answers it', async () => {
      const job = atOnce(
        pipe(
          map(boom),
          catchError(() => of('caught')),
        ),
        'ab',
      ).start('s');
      await job.done;
      expect([job.status, outputs(job)]).toEqual(['completed', [{ value: 'caught' }]]);
    });

    const refusing = (options: FlowOptions, operator: Operator): Flow => {
      const slots = { i: [() => undefined, { maxQueued: 2, overflow: 'error' }] } as const;
      return build({ s: saying('ab'), op: op(operator), t: { slots } }, ['s.o -> op.input', 'op.output -> t.i'], options);
    };

    it.each<[string, Operator, boolean]>([
      ['in an input', mergeMap(({ v }) => [letter(v), letter(v), letter(v)]), true],
      [
        'at rest',
        pipe(
          toArray(),
          mergeMap((all) => [...all, ...all]),
        ),
        true,
      ],
      [
        'from a timer',
        pipe(
          toArray(),
          mergeMap((all) => timer(1).pipe(mergeMap(() => [...all, ...all]))),
        ),
        true,
      ],
      ['not where there is room', map((data) => data), false],
    ])('should come of an emission for which there is no room (QUEUE_FULL): %s', async (_, operator, fails) => {
      const job = refusing({}, operator).start('s');
      await job.done;
      expect(job.status).toBe(fails ? 'failed' : 'completed');
      if (fails) expect(job.state.error?.cause).toMatchObject({ code: 'QUEUE_FULL' });
      if (fails) expect(outputs(job)).toHaveLength(2);
    });

    it('should not be one where the slot behind it drops the oldest (dropOldest)', async () => {
      const log: unknown[] = [];
      const slots = { i: [noting(log, (data) => data), { maxQueued: 2, overflow: 'dropOldest' }] } as const;
      const parts = { s: saying('a'), op: op(mergeMap(() => [1, 2, 3, 4])), t: { slots } };
      const state = await build(parts, ['s.o -> op.input', 'op.output -> t.i']).execute('s');
      expect([state.status, log]).toEqual(['completed', [{ value: 3 }, { value: 4 }]]);
    });

    it('should not be one of the operator where the mapping before it fails: that is tried again (F19, D1)', async () => {
      let calls = 0;
      const flow = new Flow({ errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 1 }) });
      flow.addRoutine(routine(saying('a')), 's');
      flow.addRoutine(op(word), 'op');
      flow.connect('s', 'o', 'op', 'input', (data) => (calls++ === 0 ? boom() : data));
      const job = flow.start('s');
      await job.done;
      expect([job.status, outputs(job)]).toEqual(['completed', [letter('a')]]);
    });

    it('should unsubscribe from the operator where an emission is refused, and begin it anew', async () => {
      const log: string[] = [];
      const flow = refusing(
        { errorHandler: new ErrorHandler({ strategy: 'continue' }) },
        noted(
          log,
          'op',
          mergeMap(({ v }) => [letter(v), letter(v), letter(v)]),
        ),
      );
      const job = flow.start('s');
      await job.done;
      expect(job.status).toBe('completed');
      expect(log).toEqual(['op subscribed', 'op left', 'op subscribed', 'op left']);
      expect(job.state.history('op').filter(({ eventName }) => eventName === 'error_continued')).toHaveLength(2);
    });

    it('should be one where several emissions at the start are refused, and end the subscription (F14)', async () => {
      const log: string[] = [];
      const parts = {
        s: saying(''),
        op: op(noted(log, 'op', (source$) => merge(of(1, 2, 3, 4, 5), source$))),
        t: { slots: { i: [() => undefined, { maxQueued: 2, overflow: 'error' }] as const } },
      };
      const errorHandler = new ErrorHandler({ strategy: 'continue' });
      const job = build(parts, ['s.o -> op.input', 'op.output -> t.i'], { errorHandler }).start('s');
      await job.done;
      expect(job.state.history('op').map(({ eventName }) => eventName)).toEqual(['output', 'output', 'error_continued']);
      expect(log).toEqual(['op subscribed', 'op left']);
    });
  });

  describe('its callbacks', () => {
    it('should know the task of an input, and none at the start and at rest', async () => {
      const seen: unknown[] = [];
      const look = (when: string): void => {
        const context = currentContext();
        seen.push(context === undefined ? when : [when, context.routineId, context.slot, context.attempt]);
      };
      const operator: Operator = (source$) =>
        defer(() => {
          look('start');
          return source$.pipe(tap({ next: () => void look('input'), complete: () => void look('rest') }));
        });
      const parts = {
        s: { slots: { trigger: async (_: Data, ctx: Context) => (ctx.emit('o', { v: 'a' }), sleep(1)) } },
        op: op(operator),
      };
      await build(parts, ['s.o -> op.input']).execute('s');
      expect(seen).toEqual(['start', ['input', 'op', 'input', 1], 'rest']);
    });

    it('should be called in the async context of whoever started the job, from the start on (F17)', async () => {
      const [who, seen] = [new AsyncLocalStorage<string>(), [] as string[]];
      const look = (when: string): void => void seen.push(`${when} of ${String(who.getStore())}`);
      const operator: Operator = (source$) =>
        defer(() => {
          look('start');
          return source$.pipe(tap({ next: () => void look('input'), complete: () => void look('rest') }));
        });
      const flow = atOnce(operator, 'a');
      const jobs = ['A', 'B'].map((each) => who.run(each, () => flow.start('s')));
      await Promise.all(jobs.map(({ done }) => done));
      expect(seen.sort()).toEqual(['input of A', 'input of B', 'rest of A', 'rest of B', 'start of A', 'start of B']);
    });

    it('should be able to emit themselves, in the order of what they do (S54)', async () => {
      const made = op(
        mergeMap((data) => {
          currentContext()?.emit('output', { by: 'ctx' });
          made.emit('output', { by: 'routine' });
          return of(data);
        }),
      );
      const job = atOnce(made, 'a').start('s');
      await job.done;
      expect(outputs(job)).toEqual([{ by: 'ctx' }, { by: 'routine' }, letter('a')]);
    });

    it('should be able to emit from a timer, as long as the job lasts', async () => {
      const late = tap(() => void currentContext()?.emit('output', { by: 'timer' }));
      const job = atOnce(pipe(delay(1), late), 'a').start('s');
      await job.done;
      expect([job.status, outputs(job)]).toEqual(['completed', [{ by: 'timer' }, letter('a')]]);
    });

    const three = (cancel: () => void): Observable<Letter> =>
      of('x', 'y', 'z').pipe(
        tap((v) => {
          if (v === 'y') cancel();
        }),
        map(letter),
      );
    const CANCELLING: readonly (readonly [string, (cancel: () => void) => Operator])[] = [
      ['for an input', (cancel) => mergeMap(() => three(cancel))],
      ['from a timer', (cancel) => mergeMap(() => timer(1).pipe(mergeMap(() => three(cancel))))],
      ['at rest', (cancel) => (source$) => concat(source$.pipe(mergeMap(() => EMPTY)), three(cancel))],
    ];

    it.each(CANCELLING)('should be able to cancel the job, and nothing comes out any more: %s', async (_, make) => {
      const log: unknown[] = [];
      const job: Job = atOnce(
        make(() => void job.cancel('enough')),
        'a',
        { log },
      ).start('s');
      await job.done;
      const { length } = job.state.history();
      await sleep(5);
      expect([job.status, job.state.reason, log]).toEqual(['cancelled', 'enough', []]);
      expect(outputs(job)).toEqual([letter('x')]);
      expect(job.state.history()).toHaveLength(length);
    });

    it('should be able to cancel the job at the start, and nothing comes out any more (F3)', async () => {
      const job: Job = atOnce(
        (source$) =>
          merge(
            three(() => void job.cancel()),
            source$,
          ),
        'a',
      ).start('s');
      await job.done;
      expect([job.status, outputs(job)]).toEqual(['cancelled', [letter('x')]]);
    });

    it('should be able to pause the job: what they give then waits', async () => {
      const log: unknown[] = [];
      const job: Job = atOnce(
        tap(({ v }) => void (v === 'a' && job.pause())),
        'ab',
        { log },
      ).start('s');
      await quiet(job);
      expect([job.status, outputs(job), log]).toEqual(['paused', [letter('a')], []]);
      job.resume();
      await job.done;
      expect(log).toEqual([letter('a'), letter('b')]);
    });

    it('should not be called again by what they emit: it waits its turn', async () => {
      const order: string[] = [];
      const operator: Operator = (source$) =>
        source$.pipe(
          tap(({ v }) => order.push(`${v} in`)),
          mergeMap(({ v }) => (v.length < 3 ? [letter(`${v}!`)] : [])),
          tap({ next: ({ v }) => order.push(`${v} out`) }),
        );
      await build({ s: saying('a'), op: op(operator) }, ['s.o -> op.input', 'op.output -> op.input']).execute('s');
      expect(order).toEqual(['a in', 'a! out', 'a! in', 'a!! out', 'a!! in']);
    });

    it('should not deepen the stack: a hundred thousand hops through an operator and back', async () => {
      const hop = fromOperator(
        'hop',
        mergeMap(({ n }: { n: number }) => (n < 100_000 ? [{ n: n + 1 }] : [])),
      );
      const flow = build(
        { s: { slots: { trigger: emitting({ n: 0 }) } }, hop },
        ['s.o -> hop.input', 'hop.output -> hop.input'],
        { history: 0 },
      );
      const state = await flow.execute('s');
      expect([state.status, state.metrics.routine('hop')?.total]).toEqual(['completed', 100_001]);
    });
  });

  describe('what is seen of it', () => {
    it('should be emissions like any other: in order, each a task with an id of its own', async () => {
      const records: JobRecord[] = [];
      const job = atOnce(pipe(mergeMap(({ v }) => [letter(v), letter(v.toUpperCase())])), 'ab').start('s');
      job.record$.subscribe((record) => records.push(record));
      await job.done;
      const tasks = records.flatMap((record) => (record.type === 'taskStarted' ? [record] : []));
      expect(tasks.map(({ routineId, data }) => `${routineId} ${String(data['v'])}`)).toEqual([
        's undefined',
        'op a',
        'op b',
        't a',
        't A',
        't b',
        't B',
      ]);
      expect(new Set(tasks.map(({ taskId }) => taskId)).size).toBe(7);
      expect(tasks.map(({ connection }) => connection?.targetId)).toEqual([undefined, 'op', 'op', 't', 't', 't', 't']);
    });

    it('should be in the history and the metrics, and the routine be completed', async () => {
      const job = atOnce(word, 'ab').start('s');
      const { state } = job;
      await job.done;
      expect(state.history().map(({ routineId, eventName }) => `${routineId} ${eventName}`)).toEqual([
        's start',
        's o',
        's o',
        'op output',
      ]);
      expect(state.routineState('op')).toMatchObject({ status: 'completed', retryCount: 0 });
      expect(state.metrics.routine('op')).toMatchObject({ total: 2, completed: 2, failed: 0, emitted: { output: 1 } });
    });

    it('should be a state also where nothing has reached it, once it has ended', async () => {
      const job = atOnce(word, '').start('s');
      await job.done;
      expect(job.state.routineState('op')).toMatchObject({ status: 'completed' });
      expect(outputs(job)).toEqual([letter('')]);
    });

    it('should be the same with one worker as with many (S12)', async () => {
      const runs = [1, 9].map(async (maxWorkers) => {
        const slow: Handler = async (data, ctx) => {
          await sleep(data['v'] === 'a' ? 3 : 1);
          forward(data, ctx);
        };
        const parts = {
          s: saying('abc'),
          slow: { slots: { i: slow } },
          op: op(
            pipe(
              toArray(),
              map((all) => ({ v: [...letters(all)].sort() })),
            ),
          ),
        };
        const job = build(parts, ['s.o -> slow.i', 'slow.o -> op.input'], { maxWorkers }).start('s');
        await job.done;
        return outputs(job);
      });
      expect(await Promise.all(runs)).toEqual([[{ v: ['a', 'b', 'c'] }], [{ v: ['a', 'b', 'c'] }]]);
    });

    it('should take its input through the mapping of the connection, and hand on through that of the next', async () => {
      const log: unknown[] = [];
      const flow = new Flow();
      flow.addRoutine(routine({ slots: { trigger: emitting({ text: 'a', more: 1 }) } }), 's');
      flow.addRoutine(op(map(({ v }) => v)), 'op');
      flow.addRoutine(routine({ slots: { i: noting(log, (data) => data) } }), 't');
      flow.connect('s', 'o', 'op', 'input', { text: 'v' });
      flow.connect('op', 'output', 't', 'i', { value: 'word' });
      await flow.execute('s');
      expect(log).toEqual([{ word: 'a' }]);
    });

    const CLASSED = new (class Named {
      readonly a = 1;
    })();
    it.each<[string, unknown, unknown]>([
      ['a plain object', { a: 1 }, { a: 1 }],
      ['one without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
      ['an array', [1], { value: [1] }],
      ['a string', 'a', { value: 'a' }],
      ['null', null, { value: null }],
      ['undefined', undefined, { value: undefined }],
      ['a date', new Date(0), { value: new Date(0) }],
      ['an instance', CLASSED, { value: CLASSED }],
    ])('should be a payload: %s', async (_, value, payload) => {
      const job = atOnce(
        map(() => value),
        'a',
      ).start('s');
      await job.done;
      expect(outputs(job)).toEqual([payload]);
    });

    describe('with isolation', () => {
      const changing: Operator = map((data) => Object.assign(data, { v: 'changed' }));
      const sharing = (isolation: FlowOptions['isolation']): { job: Job; log: unknown[] } => {
        const log: unknown[] = [];
        const parts = { s: saying('a'), op: op(changing), t: { slots: { i: noting(log, (data) => data) } } };
        const job = build(parts, ['s.o -> op.input', 's.o -> t.i'], { isolation }).start('s');
        return { job, log };
      };

      it.each(['shallow', 'clone'] as const)("'%s': what it does to its input is seen by nobody else", async (isolation) => {
        const { job, log } = sharing(isolation);
        await job.done;
        expect([job.status, outputs(job), log]).toEqual(['completed', [letter('changed')], [letter('a')]]);
      });

      it("'freeze': it cannot change it, and what it gives is frozen", async () => {
        const { job } = sharing('freeze');
        await job.done;
        expect(job.state.error?.cause).toBeInstanceOf(TypeError);
        const given: Data[] = [];
        const parts = { s: saying('a'), op: op(toArray()), t: { slots: { i: (data: Data) => void given.push(data) } } };
        await build(parts, ['s.o -> op.input', 'op.output -> t.i'], { isolation: 'freeze' }).execute('s');
        expect([Object.isFrozen(given[0]), Object.isFrozen(given[0]?.['value'])]).toEqual([true, true]);
      });

      it.each(GIVING_CODE)("'clone': what cannot be cloned is a failure of it, %s", async (_, operator) => {
        const job = atOnce(operator, 'a', { isolation: 'clone' }).start('s');
        await job.done;
        expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 'op' } });
      });
    });

    describe("with emitMode 'commit' (D13)", () => {
      const half: Operator = mergeMap(({ v }) =>
        v === 'b'
          ? concat(
              of(letter('half')),
              throwError(() => new Error('boom')),
            )
          : of(letter(v)),
      );

      it.each([
        ['immediate', ['a', 'half', 'c']],
        ['commit', ['a', 'c']],
      ] as const)('should stand or not what an input gave before it failed: %s', async (emitMode, expected) => {
        const errorHandler = new ErrorHandler({ strategy: 'continue' });
        const job = atOnce(half, 'abc', { emitMode, errorHandler }).start('s');
        await job.done;
        expect([job.status, outputs(job)]).toEqual(['completed', expected.map(letter)]);
      });

      it('should be given at rest, and from timers, as without', () =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, 'ab|', pipe(delay(3), word), { emitMode: 'commit' }), 's');
          test.expectJob(job).toBe({ 'emits op.output': '-----[x|]' }, { x: letter('ab') });
        }));

      it.each(GIVING_CODE)('should refuse what cannot be written down, %s', async (_, operator) => {
        const job = atOnce(operator, 'a', { emitMode: 'commit' }).start('s');
        await job.done;
        expect(job.state.error?.cause).toMatchObject({ code: 'NOT_SERIALISABLE' });
        expect(outputs(job)).toEqual([]);
      });
    });
  });

  describe('outside any job (S57, D26)', () => {
    const direct = (operator: Operator, behind?: Handler): { source: Routine; log: unknown[]; flow: Flow } => {
      const log: unknown[] = [];
      const source = routine({});
      const t = { slots: { i: behind ?? noting(log, (data) => data) } };
      const flow = build({ source, op: op(operator), t }, ['source.o -> op.input', 'op.output -> t.i']);
      return { source, log, flow };
    };

    it.each<[string, Operator, unknown[]]>([
      ['each', map(v), [{ value: 'a' }, { value: 'b' }]],
      ['two at a time', pairs, [letter('a'), letter('b')]],
      ['counted', count(), [{ value: 1 }, { value: 1 }]],
      [
        'all but the first',
        pipe(
          toArray(),
          mergeMap((all) => all.slice(1)),
        ),
        [],
      ],
    ])('should take one input and its completion for each emission, at once: %s', (_, operator, expected) => {
      const { source, log } = direct(operator);
      source.emit('o', { v: 'a' });
      source.emit('o', { v: 'b' });
      expect(log).toEqual(expected);
    });

    it('should give what comes later when it comes', () =>
      testFlow(async (test) => {
        const { source, log } = direct(delay(5));
        source.emit('o', { v: 'a' });
        expect(log).toEqual([]);
        await test.sleep(5);
        expect(log).toEqual([letter('a')]);
      }));

    it('should throw to the emitter what the operator fails with', () => {
      const { source } = direct(map(boom));
      expect(() => void source.emit('o', { v: 'a' })).toThrow('boom');
    });

    it('should throw to the emitter what a handler behind it throws (F12)', async () => {
      const { source } = direct(
        map((data) => data),
        boom,
      );
      const error: unknown = thrown(() => void source.emit('o', { v: 'a' }));
      await sleep(1);
      expect(String(error)).toContain('boom');
    });
  });

  describe('as a part of a flow', () => {
    const registry = new Registry()
      .register('word', () => fromOperator('word', word))
      .register('source', () => defineRoutine({ type: 'source', events: { o: [] }, slots: { trigger: { handler: sayAbc } } }));
    const sayAbc: Handler = (_, ctx) => {
      for (const v of 'abc') ctx.emit('o', { v });
    };
    const described = (): Flow => {
      const flow = new Flow({ flowId: 'described' });
      flow.addRoutine(defineRoutine({ type: 'source', events: { o: [] }, slots: { trigger: { handler: sayAbc } } }), 's');
      flow.addRoutine(fromOperator('word', word), 'op');
      flow.connect('s', 'o', 'op', 'input');
      return flow;
    };

    it('should be written down by its type, the same before and after a run, and come back from a registry (S06)', async () => {
      const flow = described();
      const json = JSON.stringify(flow);
      const job = flow.start('s');
      await job.done;
      expect(JSON.stringify(flow)).toBe(json);
      expect(json).toContain('"word"');
      const copy = Flow.fromJSON(json, registry);
      expect(copy.validate(registry)).toEqual([]);
      const other = copy.start('s');
      await other.done;
      expect(outputs(other)).toEqual([letter('abc')]);
      expect(outputs(other)).toEqual(outputs(job));
    });

    it('should have a slot `input` and an event `output`, and the type that it was given', () => {
      const made = op(word);
      expect([made.type, [...made.slots.keys()], [...made.events.keys()]]).toEqual(['op', ['input'], ['output']]);
    });

    it.each<[string, () => unknown, string, string]>([
      ['no operator', () => fromOperator('op', undefined as never), 'BAD_OPTION', 'operator'],
      ['an observable', () => fromOperator('op', of(1) as never), 'BAD_OPTION', 'operator'],
      ['a replay that is no boolean', () => fromOperator('op', word, { replay: 'yes' as never }), 'BAD_OPTION', 'replay'],
      ['an empty type', () => fromOperator('', word), 'BAD_NAME', 'type'],
    ])('should refuse %s', (_, call, code, named) => {
      const error = ours(thrown(call));
      expect(error.code).toBe(code);
      expect(error.message).toContain(named);
    });
  });

  describe('a snapshot of a job with it', () => {
    const text = (job: Job): string => JSON.stringify(job.snapshot());
    const restored = (json: string, flow: Flow, options?: Parameters<Flow['resume']>[1]): Job =>
      flow.resume(JobState.fromJSON(json), options);
    const refusal = (job: Job): string => {
      const error = ours(thrown(() => job.snapshot()));
      expect(error.code).toBe('NOT_SERIALISABLE');
      return error.message;
    };
    /** Pauses while the nth task is at work, and resolves when the job is paused, or done. */
    const quietAt = async (job: Job, nth: number): Promise<void> => {
      let started = 0;
      job.record$.subscribe(({ type }) => {
        if (type === 'taskStarted' && ++started === nth) void job.pause();
      });
      await quiet(job);
    };

    describe('that keeps nothing', () => {
      it('should be taken as long as nothing has gone in or come out, and go on elsewhere', async () => {
        const job = atOnce(word, 'abc', { maxWorkers: 1 }).start('s');
        await quietAt(job, 1);
        expect(job.status).toBe('paused');
        const json = text(job);
        const other = restored(json, atOnce(word, '', { maxWorkers: 1 }));
        await other.done;
        expect([other.status, outputs(other)]).toEqual(['completed', [letter('abc')]]);
      });

      it.each<[string, Operator, number]>([
        ['an input', word, 2],
        ['a value', startWith(letter('z')), 1],
      ])('should be refused from the first on, naming the routine: %s', async (_, operator, nth) => {
        const job = atOnce(operator, 'ab').start('s');
        await quietAt(job, nth);
        expect(job.status).toBe('paused');
        expect(refusal(job)).toContain("routine 'op'");
        expect(refusal(job)).toContain('replay: true');
        expect(ours(thrown(() => JSON.stringify(job))).code).toBe('NOT_SERIALISABLE');
        job.resume();
        expect((await job.done).status).toBe('completed');
      });

      it('should be refused as well while the job runs, and while it still gives', () =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, 'a--|', pipe(word, delay(5))), 's');
          expect(job.snapshot().status).toBe('paused');
          for (const ms of [1, 3]) {
            await test.sleep(ms);
            expect(refusal(job)).toContain("routine 'op'");
          }
          await test.flush();
          expect(job.snapshot().status).toBe('completed');
        }));

      it('should be taken again once it is over, and it stays over elsewhere', () =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, 'ab--c---d|', take(1)), 's');
          await test.sleep(5);
          void job.pause();
          await test.flush();
          const json = text(job);
          const subscribed: unknown[] = [];
          const again: Operator = (source$) => defer(() => (subscribed.push(1), source$));
          const other = restored(json, inTime(test, '--c|', again));
          await other.done;
          expect([job.status, other.status, outputs(other), subscribed]).toEqual(['paused', 'completed', [letter('a')], []]);
        }));

      it.each<[string, Operator, string]>([
        ['completed', word, 'completed'],
        ['failed', pipe(toArray(), map(boom)), 'failed'],
      ])('should be taken of a job that has ended: %s', async (_, operator, status) => {
        const job = atOnce(operator, 'ab').start('s');
        await job.done;
        expect(JobState.fromJSON(text(job)).status).toBe(status);
      });

      it('should be taken of a cancelled job, whatever was in it', async () => {
        const job = atOnce(word, 'ab').start('s');
        await quietAt(job, 2);
        await job.cancel();
        expect(JobState.fromJSON(text(job)).status).toBe('cancelled');
      });

      it('should be taken where it has failed and nothing came after: it holds nothing (F6)', async () => {
        const errorHandler = new ErrorHandler({ strategy: 'continue' });
        const job = atOnce(map(boom), 'ab', { errorHandler, maxWorkers: 1 }).start('s');
        await quietAt(job, 2);
        expect(job.status).toBe('paused');
        expect(() => text(job)).not.toThrow();
      });

      it('should be taken again of a job that was taken up while an operator that had got nothing still gave (F11)', () =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, '|', pipe(count(), delay(9))), 's');
          await test.sleep(3);
          const other = restored(text(job), inTime(test, '|', pipe(count(), delay(9))));
          await test.sleep(3);
          expect(() => text(other)).not.toThrow();
        }));

      it('should be refused while an error waits for the resume: what led to it is not kept (F9)', () =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, 'a|', FAILS_LATE), 's');
          await test.sleep(3);
          void job.pause();
          await test.sleep(9);
          expect(job.status).toBe('paused');
          expect(ours(thrown(() => job.snapshot())).message).toContain("routine 'op'");
          job.resume();
          expect((await job.done).status).toBe('failed');
        }));
    });

    describe('that keeps its inputs (replay: true)', () => {
      const replay = { replay: true };

      it('should fail there as it does here where an error waits for the resume (F9)', () =>
        testFlow(async (test) => {
          const job = test.start(inTime(test, 'a|', op(FAILS_LATE, replay)), 's');
          await test.sleep(3);
          void job.pause();
          await test.sleep(9);
          const other = restored(text(job), inTime(test, 'a|', op(FAILS_LATE, replay)));
          await other.done;
          job.resume();
          await job.done;
          expect([job.status, other.status]).toEqual(['failed', 'failed']);
        }));

      const OPERATORS: readonly (readonly [string, Operator])[] = [
        ['map', map((data) => data)],
        ['scan', scan((all, { v }) => letter(all.v + v), letter('>'))],
        ['bufferCount', pairs],
        ['word', word],
        [
          'startWith',
          pipe(
            startWith(letter('first')),
            map((data) => data),
          ),
        ],
        ['take', take(2)],
        ['mergeMap', mergeMap(({ v }) => [letter(v), letter(v.toUpperCase())])],
        ['takeLast', takeLast(2)],
        ['ends with more', (source$) => concat(source$, of(letter('y'), letter('z')))],
      ];
      const make = (operator: Operator, inputs: string, log: unknown[]): Flow =>
        atOnce(op(operator, replay), inputs, { log, maxWorkers: 1 });
      const whole = async (operator: Operator): Promise<unknown[]> => {
        const log: unknown[] = [];
        await make(operator, 'abcde', log).execute('s');
        return log;
      };

      it.each(OPERATORS)('should be taken at any pause, and give the rest elsewhere, each once: %s', async (_, operator) => {
        const expected = await whole(operator);
        for (let nth = 1; ; nth++) {
          const [before, after]: [unknown[], unknown[]] = [[], []];
          const job = make(operator, 'abcde', before).start('s');
          await quietAt(job, nth);
          if (job.status === 'completed') break;
          expect(job.status).toBe('paused');
          const json = text(job);
          await job.cancel();
          const other = restored(json, make(operator, '', after));
          expect((await other.done).status).toBe('completed');
          expect([...before, ...after]).toEqual(expected);
          expect(outputs(other)).toEqual(expected);
        }
      });

      it.each(OPERATORS)(
        'should be taken of a job that runs, and give the rest elsewhere, each once: %s',
        async (_, operator) => {
          const expected = await whole(operator);
          const log: unknown[] = [];
          const shots: { json: string; before: readonly unknown[] }[] = [];
          const job = make(operator, 'abcde', log).start('s');
          job.record$.subscribe(({ type }) => {
            if (type === 'taskSettled') shots.push({ json: text(job), before: [...log] });
          });
          await job.done;
          expect(log).toEqual(expected);
          // The last one is of the job at rest: all that it holds is still to come, or has come.
          expect(shots.length).toBeGreaterThan(5);
          for (const { json, before } of shots) {
            const after: unknown[] = [];
            const flow = make(operator, '', after);
            if (JobState.fromJSON(json).status !== 'paused') continue;
            expect((await restored(json, flow).done).status).toBe('completed');
            expect([...before, ...after]).toEqual(expected);
          }
        },
      );

      it('should be taken up from host to host, at every task', async () => {
        const log: unknown[] = [];
        let job = make(pairs, 'abcde', log).start('s');
        await quietAt(job, 1);
        let hosts = 0;
        while (job.status === 'paused') {
          const json = text(job);
          job = restored(json, make(pairs, '', log));
          await quietAt(job, 1);
          hosts++;
        }
        expect(hosts).toBeGreaterThan(5);
        expect([job.status, log]).toEqual(['completed', ['ab', 'cd', 'e'].map(letter)]);
      });

      it('should go on while it still gives, from where it was', () =>
        testFlow(async (test) => {
          const slow = (): Routine => op(pipe(word, delay(9)), replay);
          const job = test.start(inTime(test, 'a-b|', slow()), 's');
          await test.sleep(5);
          const json = text(job);
          expect(job.snapshot().streams).toMatchObject([{ routineId: 'op', given: 0, stage: 'completing' }]);
          const other = test.watch(restored(json, inTime(test, '|', slow())));
          expect(other).toBeDefined();
          await test.flush();
          expect(outputs(job)).toEqual([letter('ab')]);
        }));

      it('should have the operator give again what is pending before what waits is run', async () => {
        const seen: string[] = [];
        const operator: Operator = pipe(
          tap(({ v }) => seen.push(v)),
          pairs,
        );
        const job = make(operator, 'abc', []).start('s');
        await quietAt(job, 2);
        const json = text(job);
        seen.length = 0;
        const log: unknown[] = [];
        await restored(json, make(operator, '', log)).done;
        expect([seen, log]).toEqual([
          ['a', 'b', 'c'],
          [letter('ab'), letter('c')],
        ]);
      });

      it('should hold only what came after an error that was continued', async () => {
        const errorHandler = new ErrorHandler({ strategy: 'continue' });
        const operator: Operator = pipe(
          tap(({ v }) => void (v === 'b' && boom())),
          word,
        );
        const flow = (inputs: string): Flow => atOnce(op(operator, replay), inputs, { errorHandler, maxWorkers: 1 });
        const job = flow('abcd').start('s');
        await quietAt(job, 4);
        const json = text(job);
        expect(job.snapshot().streams).toEqual([{ routineId: 'op', inputs: [letter('c')], given: 0, stage: 'open' }]);
        const other = restored(json, flow(''));
        await other.done;
        expect(outputs(other)).toEqual([letter('cd')]);
        expect(other.state.history('op').map(({ eventName }) => eventName)).toEqual(['error_continued', 'output']);
      });

      it('should not fail again elsewhere where the error was the last thing that came (F6)', async () => {
        const errorHandler = new ErrorHandler({ strategy: 'continue' });
        const operator: Operator = tap(({ v }) => void (v === 'b' && boom()));
        const flow = (inputs: string): Flow => atOnce(op(operator, replay), inputs, { errorHandler, maxWorkers: 1 });
        const job = flow('abc').start('s');
        await quietAt(job, 3);
        expect(job.status).toBe('paused');
        const other = restored(text(job), flow(''));
        await other.done;
        expect(other.state.history('op').map(({ eventName }) => eventName)).toEqual(['output', 'error_continued', 'output']);
      });

      it('should hold what came in, not what the operator made of it (F7)', async () => {
        const operator: Operator = pipe(
          tap((data) => Object.assign(data, { v: `${data.v}!` })),
          word,
        );
        const job = make(operator, 'abc', []).start('s');
        await quietAt(job, 3);
        const other = restored(text(job), make(operator, '', []));
        await other.done;
        expect(outputs(other)).toEqual([letter('a!b!c!')]);
      });

      it('should not give again what has come by time (F8)', () =>
        testFlow(async (test) => {
          const slow: Operator = concatMap((data) => of(data).pipe(delay(5)));
          const job = test.start(inTime(test, 'a-b|', op(slow, replay)), 's');
          await test.sleep(7);
          const json = text(job);
          const other = restored(json, inTime(test, '|', op(slow, replay)));
          await other.done;
          expect(outputs(other)).toEqual([letter('a'), letter('b')]);
        }));

      it('should lose nothing behind an operator that is over as soon as it is taken up (F10)', () =>
        testFlow(async (test) => {
          let quick = false;
          const ending: Operator = (source$) =>
            concat(
              source$,
              defer(() => (quick ? EMPTY : NEVER)),
            );
          const flow = (input: string): Flow =>
            build(
              { s: playing(test, input), one: op(ending, replay), two: op(word, replay) },
              ['s.o -> one.input', 'one.output -> two.input'],
              test.flowOptions,
            );
          const job = test.start(flow('a|'), 's');
          await test.sleep(3);
          const json = text(job);
          await job.cancel();
          quick = true;
          const other = restored(json, flow('|'));
          await other.done;
          expect(outputs(other, 'two')).toEqual([letter('a')]);
        }));

      it('should go on under another name in the other flow (remap)', async () => {
        const job = make(word, 'abc', []).start('s');
        await quietAt(job, 3);
        const flow = build(
          { s: saying(''), mine: op(word, replay), t: { slots: { i: () => undefined } } },
          ['s.o -> mine.input', 'mine.output -> t.i'],
          { maxWorkers: 1 },
        );
        const other = restored(text(job), flow, { remap: { op: 'mine' } });
        await other.done;
        expect([other.status, outputs(other, 'mine')]).toEqual(['completed', [letter('abc')]]);
      });

      it('should be refused where what it keeps has no place in the other flow (F16)', async () => {
        const job = make(pairs, 'abc', []).start('s');
        await quietAt(job, 5);
        expect([job.status, job.state.currentRoutineId]).toEqual(['paused', 't']);
        const flow = build({ s: saying(''), t: { slots: { i: () => undefined } } }, []);
        expect(() => restored(text(job), flow, { remap: {} })).toThrow();
      });

      it('should refuse an input that cannot be written down, and say where', async () => {
        const parts = { s: { slots: { trigger: emitting({ f: boom }) } }, op: op(count(), replay) };
        const job = build(parts, ['s.o -> op.input']).start('s');
        await quietAt(job, 2);
        expect(job.status).toBe('paused');
        expect(refusal(job)).toContain('a function');
      });

      it('should keep the jobs of one flow apart', async () => {
        const flow = build(
          {
            s: { slots: { trigger: ({ word }, ctx) => [...(word as string)].forEach((v) => void ctx.emit('o', { v })) } },
            op: op(word, replay),
          },
          ['s.o -> op.input'],
          { maxWorkers: 1 },
        );
        const jobs = ['ab', 'xyz'].map((each) => flow.start('s', { word: each }));
        await Promise.all(jobs.map((job) => quietAt(job, 2)));
        const texts = jobs.map(text);
        await flow.cancel();
        const others = texts.map((json) => restored(json, flow));
        await Promise.all(others.map(({ done }) => done));
        expect(others.map((job) => outputs(job))).toEqual([[letter('ab')], [letter('xyz')]]);
      });
    });
  });

  describe('any flow of operators', () => {
    const KINDS: readonly Operator[] = [
      map((data) => data),
      pairs,
      word,
      takeLast(1),
      take(2),
      scan((all: Letter, each: Letter) => letter(all.v + each.v)),
      mergeMap(({ v }) => [letter(v), letter(v.toUpperCase())]),
      (source$) => concat(source$, of(letter('end'))),
    ];

    interface Net {
      readonly kinds: readonly number[];
      /** From a lower number to a higher one; 0 is s. */
      readonly links: readonly (readonly [number, number])[];
      readonly inputs: number;
    }

    const net = fc
      .record({
        kinds: fc.array(fc.nat(KINDS.length - 1), { minLength: 1, maxLength: 4 }),
        picks: fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 8 }),
        inputs: fc.nat(6),
      })
      .map(({ kinds, picks, inputs }): Net => {
        const links = picks.map(([a, b]) => [a % kinds.length, b % kinds.length] as const);
        return { kinds, inputs, links: [[0, 1], ...links.map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const)] };
      });

    const flowFor = ({ kinds, links, inputs }: Net, log: unknown[]): Flow => {
      const parts: Record<string, Sketch | Routine> = { op0: saying('abcdef'.slice(0, inputs)) };
      kinds.forEach((kind, at) => (parts[`op${at + 1}`] = op(KINDS[kind] as Operator, { replay: true })));
      const outOf = (at: number): string => (at === 0 ? 'op0.o' : `op${at}.output`);
      const inner = links.map(([a, b]) => `${outOf(a)} -> op${b}.input`);
      const toSink = kinds.map((_, at) => `${outOf(at + 1)} -> t.i`);
      return build({ ...parts, t: { slots: { i: noting(log, (data) => data) } } }, [...inner, ...toSink], { maxWorkers: 1 });
    };
    const whole = async (given: Net): Promise<unknown[]> => {
      const log: unknown[] = [];
      expect((await flowFor(given, log).execute('op0')).status).toBe('completed');
      return log;
    };

    it('should give the same, in the same order, however often it is paused', async () => {
      await fc.assert(
        fc.asyncProperty(net, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), async (given, pauses) => {
          const log: unknown[] = [];
          const job = flowFor(given, log).start('op0');
          let tasks = 0;
          job.record$.subscribe(({ type }) => {
            if (type === 'taskStarted' && pauses[tasks++ % pauses.length] === true) void job.pause();
            if (type === 'paused') setImmediate(() => void job.resume());
          });
          await job.done;
          expect(log).toEqual(await whole(given));
        }),
        { numRuns: 200 },
      );
    });

    it.each(
      (['immediate', 'commit'] as const).flatMap((emitMode) =>
        [1, 2, 3].map((at): ['immediate' | 'commit', number] => [emitMode, at]),
      ),
    )(
      'should lose no value if the operator takes the snapshot, emitMode %s, before value %i (D8, D13, S88)',
      async (emitMode, at) => {
        const flowWith = (log: unknown[], ask: (k: number) => void): Flow => {
          const thrice = pipe(
            concatMap(({ n }: Data) => [1, 2, 3].map((k) => ({ n, k }))),
            tap(({ k }) => {
              ask(k);
            }),
          );
          const flow = flowOf(
            { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t: { slots: { i: noting(log, ({ n, k }) => [n, k]) } } },
            [],
            {
              flowId: 'f',
              emitMode,
            },
          );
          flow.addRoutine(fromOperator('op', thrice, { replay: true }), 'op');
          flow.connect('s.o', 'op.input');
          flow.connect('op.output', 't.i');
          return flow;
        };
        const [before, after]: [unknown[], unknown[]] = [[], []];
        let [json, length] = ['', 0];
        const job = flowWith(before, (k) => {
          if (k === at && json === '') [json, length] = [JSON.stringify(job), before.length];
        }).start('s');
        await job.done;
        const state = await flowWith(after, () => undefined).resume(JobState.fromJSON(json)).done;
        expect(state.status).toBe('completed');
        expect([...before.slice(0, length), ...after]).toEqual(before);
      },
    );

    it.each(['immediate', 'commit'] as const)(
      'should count its values anew after an error, emitMode %s (replay, S88)',
      async (emitMode) => {
        const log: unknown[] = [];
        const failing = map(({ n }: Data) => {
          if (n === 0) boom();
          return { n };
        });
        const trigger = emitting({ n: 1 }, { n: 2 }, { n: 0 }, { n: 3 });
        const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: noting(log, ({ n }) => n) } } }, [], { emitMode });
        flow.addRoutine(fromOperator('op', failing, { replay: true }).setAsOptional(), 'op');
        flow.connect('s.o', 'op.input');
        flow.connect('op.output', 't.i');
        const job = flow.start('s');
        const given: unknown[] = [];
        job.record$.subscribe(({ type }) => {
          if (type === 'taskSettled') given.push(job.snapshot().streams?.[0]?.given ?? 0);
        });
        await job.done;
        expect([log, given.filter((count, at) => count !== given[at - 1])]).toEqual([
          [1, 2, 3],
          [0, 1, 2, 0, 1, 0],
        ]);
      },
    );

    it.each(['immediate', 'commit'] as const)(
      'should not be over in a snapshot before its last value counts, emitMode %s (D8, D13, S88)',
      async (emitMode) => {
        let json = '';
        const flowWith = (log: unknown[], ask: () => void): Flow => {
          const flow = flowOf(
            { s: { slots: { trigger: emitting({ n: 1 }) } }, t: { slots: { i: noting(log, ({ n }) => n) } } },
            [],
            {
              flowId: 'f',
              emitMode,
            },
          );
          flow.addRoutine(fromOperator('op', pipe(take<Data>(1), finalize(ask)), { replay: true }), 'op');
          flow.connect('s.o', 'op.input');
          flow.connect('op.output', 't.i');
          return flow;
        };
        const [before, after]: [unknown[], unknown[]] = [[], []];
        const job = flowWith(before, () => (json = JSON.stringify(job))).start('s');
        await job.done;
        await flowWith(after, () => undefined).resume(JobState.fromJSON(json)).done;
        expect([before, after]).toEqual([[1], [1]]);
      },
    );

    it('should give the same elsewhere after a snapshot of any moment (replay)', async () => {
      await fc.assert(
        fc.asyncProperty(net, fc.nat(30), async (given, at) => {
          const [before, after]: [unknown[], unknown[]] = [[], []];
          const job = flowFor(given, before).start('op0');
          let steps = 0;
          let shot: { json: string; length: number } | undefined;
          job.record$.subscribe(({ type }) => {
            if ((type === 'taskSettled' || type === 'started') && steps++ === at)
              shot = { json: JSON.stringify(job), length: before.length };
          });
          await job.done;
          if (shot === undefined || JobState.fromJSON(shot.json).status !== 'paused') return;
          const other = flowFor(given, after).resume(JobState.fromJSON(shot.json));
          expect((await other.done).status).toBe('completed');
          expect([...before.slice(0, shot.length), ...after]).toEqual(await whole(given));
        }),
        { numRuns: 300 },
      );
    });
  });
});
