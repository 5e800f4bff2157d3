import fc from 'fast-check';
import * as t from 'io-ts';
import { delay, map, type OperatorFunction, reduce } from 'rxjs';
import { type Data, ErrorHandler, type Flow, type FlowOptions, type Handler, type Job } from '../../lib/index.js';
import {
  type FlowTest,
  recordMarbles,
  seeded,
  testFlow,
  toMarbleTest,
  type ToMarbleTestOptions,
} from '../../lib/testing/index.js';
import { feed, fromOperator } from '../../lib/rx/index.js';
import { literal } from '../../lib/testing/literal.js';
import { emitting, flowOf, forward, sleep } from '../support/flows.js';
import { playSource, runSource, transpiled } from '../support/runSource.js';
import { ours, rejection, thrown } from '../support/thrown.js';
import { typeFaults } from '../support/typeFaults.js';
import { difference, values } from '../wire/values.js';

const LINKS = ['s.o -> t.i', 't.o -> u.i'];
const IMPORTS = "import { makeFlow } from './makeFlow';";

type Sleep = FlowTest['sleep'];
type MakeFlow = (options: FlowOptions) => Flow;

/** A run in virtual time, and its source. */
const sourceOf = async (
  make: (test: FlowTest) => Flow,
  steer: Steer = untilEnd,
  options: ToMarbleTestOptions = {},
): Promise<string> => {
  let source = '';
  await testFlow(async (test) => {
    const job = test.start(make(test), 's', { n: 1 }, options.run);
    await steer(job, test);
    source = toMarbleTest(job, { imports: IMPORTS, ...options });
  });
  return source;
};

/** Runs a source against a flow: it resolves where that does what was recorded. */
const against = (make: MakeFlow, source: string): Promise<unknown> => playSource(source, { './makeFlow': { makeFlow: make } });

/** What it says against another flow, without the place. */
const told = async (make: MakeFlow, source: string): Promise<string> => {
  const error = ours(await rejection(against(make, source)));
  expect(error).toMatchObject({ name: 'TestingError', code: 'UNLIKE' });
  return error.message.split('\n').slice(2).join('\n');
};

const RETRY = new ErrorHandler({ strategy: 'retry', delayMs: 20 });

const failsOnce: Handler = (data, ctx) => {
  if (data['n'] === 2 && ctx.attempt === 1) throw new RangeError('not yet');
  forward(data, ctx);
};

/** `s` takes 3 ms and emits two, `t` fails once for the second one, `u` takes 2 ms. */
const chain =
  (pause: Sleep, links: readonly string[] = LINKS): MakeFlow =>
  (options) => {
    const trigger: Handler = async (_, ctx) => {
      await pause(3);
      for (const n of [1, 2]) ctx.emit('o', { n });
    };
    const slow = (): Promise<void> => pause(2);
    return flowOf({ s: { slots: { trigger } }, t: { slots: { i: failsOnce } }, u: { slots: { i: slow } } }, links, {
      errorHandler: RETRY,
      ...options,
    });
  };

const inVirtualTime = ({ flowOptions, sleep: pause }: FlowTest): Flow => chain(pause)(flowOptions);

/** The same flow without any work in it: a replay needs none. */
const idle = (links: readonly string[] = LINKS, more: FlowOptions = {}): MakeFlow => {
  const never: Handler = () => {
    throw new Error('a handler of the flow itself was called');
  };
  const slots = (name: string): { readonly slots: Record<string, Handler> } => ({ slots: { [name]: never } });
  return (options) =>
    flowOf({ s: slots('trigger'), t: slots('i'), u: slots('i') }, links, { errorHandler: RETRY, ...options, ...more });
};

// ── runs that are more than a chain ───────────────────────────────────────────────────────────────────────────────

type Steer = (job: Job, test: FlowTest) => unknown;

const untilEnd: Steer = (job) => job.done;

const pauseAt =
  (at: number, ms: number): Steer =>
  async (job, { sleep: pause }) => {
    await pause(at);
    await job.pause();
    await pause(ms);
    job.resume();
    await job.done;
  };

/** Pauses and resumes before the job stands still, twice. */
const withdrawAt =
  (at: number, ms: number): Steer =>
  async (job, { sleep: pause }) => {
    await pause(at);
    for (let round = 0; round < 2; round++) {
      void job.pause();
      if (ms > 0) await pause(ms);
      job.resume();
    }
    await job.done;
  };

const pausing: Handler = (_, ctx) => {
  ctx.emit('o', {});
  void ctx.pause();
};

/** It has answered when it emits. */
const late =
  ({ sleep: pause }: FlowTest): Handler =>
  (_, ctx) => {
    ctx.emit('o', { n: 1 });
    const left = pause(7).then(() => {
      ctx.emit('o', { n: 2 });
    });
    void ctx.track(left);
  };

const deferring: Handler = (_, ctx) => {
  ctx.emitDeferred('o', { n: 7 });
  void ctx.pause();
};

const mapped = (flow: Flow): Flow => {
  flow.connect('s', 'o', 't', 'i', { n: 'm' });
  return flow;
};

/** Numbers that look like chance. */
const dice = (seed: number): (() => number) => seeded(seed * 7919);

/** Handlers that emit at once and later, fail, and take their time, in a flow that fans out. */
const world = (seed: number, pause: Sleep): MakeFlow => {
  const roll = dice(seed);
  const handler =
    (fan: number): Handler =>
    async (data, ctx) => {
      const [before, after, luck] = [Math.floor(roll() * 6), Math.floor(roll() * 4), roll()];
      if (before > 0) await pause(before);
      if (after === 1) ctx.emit('o', { early: before });
      if (after > 0) await pause(after);
      for (let n = 0; n < fan; n++) ctx.emit('o', { n: Number(data['n'] ?? 0) * 2 + n });
      if (luck < 0.3) ctx.output('x', { before });
      if (luck > 0.8 && ctx.attempt < 3) throw new TypeError(`attempt ${ctx.attempt}`);
    };
  const sketches = {
    s: { slots: { trigger: handler(3) } },
    t: { slots: { i: handler(2) } },
    u: { slots: { i: handler(1) } },
    v: { slots: { i: forward } },
  };
  return (options) =>
    flowOf(sketches, ['s.o -> t.i', 't.o -> u.i', 't.o -> v.i', 'u.o -> v.i'], {
      errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 7, backoff: 1 }),
      ...options,
    });
};

const disturb =
  (seed: number): Steer =>
  async (job, test) => {
    if (seed % 3 === 0) await pauseAt(4, 5)(job, test);
    if (seed % 5 === 1) await test.sleep(9).then(() => (job.status === 'running' ? job.cancel('enough') : undefined));
    await job.done;
  };

describe('toMarbleTest', () => {
  it('should write a run as a test: what handlers did as steps, what was seen as marbles, payloads once', async () => {
    expect(await sourceOf(inVirtualTime)).toBe(
      `// Written by toMarbleTest: a run that is completed. Its handlers do what they were seen to do, whatever the flow's own
// would; what is tried is the rest of the flow: connections, mappings, merges, codecs, error handlers, workers.
import { testFlow } from 'routilux/testing';
import { makeFlow } from './makeFlow';

/** What the letters of the diagrams stand for. */
const values = {
  a: { n: 1 },
  b: { n: 2 },
};

it('should run as it was recorded', () =>
  testFlow(({ flowOptions, replay, start, expectJob }) => {
    const flow = replay(makeFlow(flowOptions), [
      [3, 's.trigger 1', { emits: 'o', data: values.a }, { emits: 'o', data: values.b }, 'ends'],
      [3, 't.i 1', { emits: 'o', data: values.a }, 'ends'],
      [3, 't.i 2', { throws: new RangeError('not yet') }],
      [5, 'u.i 1', 'ends'],
      [23, 't.i 3', { emits: 'o', data: values.b }, 'ends'],
      [25, 'u.i 2', 'ends'],
    ]);
    const job = start(flow, 's', { n: 1 });
    expectJob(job).toBe({
      starts:            's--(ttu)   15ms [tu]-|',
      ends:              '---[stt]-u 17ms t   -(u|)',
      'ends t':          '---(cr)    16ms c   -|',
      'emits s.o':       '---(ab)    16ms -   -|',
      'emits t.o':       '---a    -  18ms b   -|',
      'takes s.trigger': 'a---    -  18ms -   -|',
      'takes t.i':       '---(ab)    16ms -   -|',
      'takes u.i':       '---a    -  18ms b   -|',
    }, values);
  }));
`,
    );
  });

  it('should hold against the flow that ran, whose own handlers are not called', async () => {
    await against(idle(), await sourceOf(inVirtualTime));
  });

  it('should be one test of that name, with the expression and the options of the caller', async () => {
    const source = await sourceOf(inVirtualTime, undefined, {
      flow: 'flows.make({ ...flowOptions, history: 5 })',
      imports: "import * as flows from './flows';",
      name: `should do as on "Monday" and on Tuesday's run`,
      run: { timeoutMs: 900, maxWorkers: 2 },
    });
    expect(source).toContain("start(flow, 's', { n: 1 }, { timeoutMs: 900, maxWorkers: 2 })");
    const tests = await playSource(source, { './flows': { make: idle() } });
    expect(tests.map(({ name }) => name)).toEqual([`should do as on "Monday" and on Tuesday's run`]);
  });

  it('should ask for the flow where it is not told how to make it', async () => {
    const source = await sourceOf(inVirtualTime, undefined, { imports: undefined });
    expect(source).toContain('// Import what makes the flow of this run anew: makeFlow(flowOptions)');
    const error = await rejection(playSource(source));
    expect((error as Error).message).toBe('makeFlow is not defined');
  });

  it('should pass the strict compiler', async () => {
    const source = await sourceOf(inVirtualTime, async (job, { sleep: pause }) => {
      await pause(4);
      await job.pause();
      job.resume();
      await pause(1);
      await job.cancel('enough');
    });
    const files = {
      'makeFlow.ts':
        "import { Flow, type FlowOptions } from 'routilux';\nexport const makeFlow = (options: FlowOptions): Flow => new Flow(options);",
    };
    expect(typeFaults({ ...files, 'run-spec.ts': source })).toEqual([]);
    expect(typeFaults({ ...files, 'run-spec.ts': source.replace("'resume'", "'resumed'") })).not.toEqual([]);
  });

  describe('against another flow', () => {
    it('should fail where a retry is missing, with the diagram', async () => {
      expect(
        await told(idle(LINKS, { errorHandler: new ErrorHandler({ strategy: 'skip' }) }), await sourceOf(inVirtualTime)),
      ).toBe(
        [
          '  starts           expected  s--(ttu)      15ms [tu]-|',
          '                   actual    s--[ttu]-|',
          '                                      ^ at 23 ms t is expected, and | came at 5 ms',
          '  ends             expected  ---[stt]-u    17ms t   -(u|)',
          '                   actual    ---[stt]-(u|)',
          '                                        ^ at 23 ms t is expected, and | came at 5 ms',
          '  ends t           expected  ---(cr)       16ms c   -|',
          '                   actual    ---[cs] -|',
          '                                  ^ at 3 ms r is expected, and s came',
          '  emits s.o        expected  ---(ab)       16ms -   -|',
          '                   actual    ---[ab] -|',
          '                                      ^ at 25 ms | is expected, and | came at 5 ms',
          '  emits t.o        expected  ---a    -     18ms b   -|',
          '                   actual    ---a    -|',
          '                                      ^ at 23 ms b is expected, and | came at 5 ms',
          '  takes s.trigger  expected  a---    -     18ms -   -|',
          '                   actual    a---    -|',
          '                                      ^ at 25 ms | is expected, and | came at 5 ms',
          '  takes t.i        expected  ---(ab)       16ms -   -|',
          '                   actual    ---[ab] -|',
          '                                      ^ at 25 ms | is expected, and | came at 5 ms',
          '  takes u.i        expected  ---a    -     18ms b   -|',
          '                   actual    ---a    -|',
          '                                      ^ at 23 ms b is expected, and | came at 5 ms',
          '  where                      c = "completed"',
          '                             r = "retry"',
          '                             s = "skipped"',
          '                             a = {"n":1}',
          '                             b = {"n":2}',
        ].join('\n'),
      );
    });

    it.each<[string, MakeFlow, string]>([
      [
        'a retry that comes sooner',
        idle(LINKS, { errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 19 }) }),
        't came at 22 ms',
      ],
      ['a connection that is gone', idle(['s.o -> t.i']), 'u is expected, and t came at 23 ms'],
      ['connections in another order', idle(['s.o -> u.i', ...LINKS]), 't is expected, and u came'],
      ['a mapping', (options) => mapped(idle(['t.o -> u.i'])(options)), 'a is expected, and'],
    ])('should fail where it has %s', async (_, make, difference) => {
      expect(await told(make, await sourceOf(inVirtualTime))).toContain(difference);
    });
  });

  it('should fail against a flow with more workers, and with fewer', async () => {
    const work =
      (maxWorkers: number) =>
      ({ flowOptions, takes }: FlowTest): Flow =>
        flowOf(
          { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } }, t: { slots: { i: takes(5, forward) } } },
          LINKS.slice(0, 1),
          {
            ...flowOptions,
            maxWorkers,
          },
        );
    const source = await sourceOf(work(2));
    await against(idle(LINKS.slice(0, 1), { maxWorkers: 2 }), source);
    for (const maxWorkers of [1, 3])
      expect(await told(idle(LINKS.slice(0, 1), { maxWorkers }), source)).toContain('t is expected, and t came at');
  });

  describe('a run that was more than a chain', () => {
    const work =
      (ms: number, ...payloads: readonly Data[]) =>
      ({ sleep: pause }: FlowTest): Handler =>
      async (_, ctx) => {
        await pause(ms);
        for (const payload of payloads) ctx.emit('o', payload);
      };
    const some = [{ n: 1 }, { n: 2 }, { n: 3 }];
    const slowly = work(5);

    it.each<[string, (test: FlowTest) => Handler, (test: FlowTest) => Handler, FlowOptions, Steer]>([
      ['is paused and goes on', work(2, ...some), slowly, {}, pauseAt(4, 30)],
      ['is paused with several workers', work(2, ...some), slowly, { maxWorkers: 2 }, pauseAt(3, 30)],
      [
        'is fed from outside',
        work(2, { n: 1 }),
        slowly,
        {},
        (job, { hot }) => {
          feed(job, 't.i', hot('a---b---------c|', { a: { n: 5 }, b: { n: 6 }, c: { n: 7 } }));
          return job.done;
        },
      ],
      ['withdraws a pause', work(2, ...some), slowly, { maxWorkers: 3 }, withdrawAt(4, 2)],
      ['withdraws pauses at once', work(2, ...some), slowly, { maxWorkers: 2 }, withdrawAt(4, 0)],
      ['is paused while nobody is at work', () => failsOnce, slowly, {}, pauseAt(4, 7)],
      ['is paused, and stays so', work(2, ...some), slowly, {}, (job, { sleep: pause }) => pause(3).then(() => job.pause())],
      [
        'pauses by itself',
        () => pausing,
        slowly,
        {},
        (job, { sleep: pause }) =>
          pause(9).then(() => {
            job.resume();
            return job.done;
          }),
      ],
      [
        'is cancelled',
        work(2, ...some),
        slowly,
        { maxWorkers: 2 },
        (job, { sleep: pause }) => pause(9).then(() => job.cancel('no')),
      ],
      [
        'cancels itself',
        (test) => work(2, ...some)(test),
        () => (_, ctx) => {
          ctx.cancel('enough');
        },
        {},
        untilEnd,
      ],
      ['runs out of time', work(2, ...some), slowly, { maxWorkers: 2 }, untilEnd],
      ['fails', work(2, ...some), () => failsOnce, { errorHandler: new ErrorHandler({ strategy: 'stop' }) }, untilEnd],
      ['emits after it has answered', late, slowly, {}, untilEnd],
      [
        'keeps an emission for the resume',
        () => deferring,
        slowly,
        {},
        (job, { sleep: pause }) =>
          pause(9).then(() => {
            job.resume();
            return job.done;
          }),
      ],
      [
        'hands out outputs',
        () => (_, ctx) => {
          ctx.output('line', { text: 'x' });
          ctx.emit('o', {});
        },
        slowly,
        {},
        untilEnd,
      ],
      [
        'streams',
        ({ cold }) =>
          () =>
            cold('-a-b|'),
        slowly,
        {},
        untilEnd,
      ],
      ['commits', work(2, ...some), () => failsOnce, { emitMode: 'commit' }, untilEnd],
      ['does everything at once', () => emitting(...some), () => forward, {}, untilEnd],
      [
        'awaits nothing, with several workers',
        () => emitting(...some),
        () => (data, ctx) =>
          Promise.resolve().then(() => {
            forward(data, ctx);
          }),
        { maxWorkers: 2 },
        untilEnd,
      ],
    ])('should hold where it %s', async (name, trigger, i, more, steer) => {
      const run = name === 'runs out of time' ? { timeoutMs: 6 } : undefined;
      const make = (test: FlowTest): Flow =>
        flowOf(
          {
            s: { slots: { trigger: [trigger(test), { emits: 'o' }] } },
            t: { slots: { i: i(test) } },
            u: { slots: { i: () => undefined } },
          },
          LINKS,
          { ...test.flowOptions, errorHandler: RETRY, ...more },
        );
      const source = await sourceOf(make, steer, { run });
      await against(idle(LINKS, more), source);
      // It says when it ended, so a ms more or less is seen.
      await told(
        idle(LINKS, more),
        source.replace(
          /(\[)(\d+)(, '(?:s|t)[^\n]*\n)/,
          (_, open: string, at: string, rest: string) => `${open}${Number(at) + 1}${rest}`,
        ),
      );
    });

    it('should hold where a codec refuses an input, which no handler has seen', async () => {
      const strict =
        (handler: Handler, handing: Handler): MakeFlow =>
        (options) =>
          flowOf(
            { s: { slots: { trigger: handing } }, t: { slots: { i: [handler, { codec: t.type({ n: t.number }) }] } } },
            ['s.o -> t.i'],
            {
              errorHandler: new ErrorHandler({ strategy: 'continue' }),
              ...options,
            },
          );
      const source = await sourceOf(({ flowOptions }) => strict(forward, emitting({ n: 'one' }, { n: 2 }))(flowOptions));
      expect(source).toContain("'ends t':");
      expect(source.match(/'t\.i \d'/g)).toEqual(["'t.i 1'"]);
      await against(
        strict(
          () => undefined,
          () => undefined,
        ),
        source,
      );
    });

    it.each<[string, OperatorFunction<{ n: number }, { n: number }>]>([
      ['answers at once', map(({ n }) => ({ n: n + 1 }))],
      ['takes its time', delay(5)],
      ['gives what it holds when the job comes to rest', reduce((sum, { n }) => ({ n: sum.n + n }), { n: 0 })],
    ])('should hold with a routine that is an operator, which %s', async (_, operator) => {
      const make: MakeFlow = (options) => {
        const sketches = { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t: { slots: { i: forward } } };
        const flow = flowOf(sketches, [], options);
        flow.addRoutine(fromOperator('sum', operator), 'sum');
        flow.connect('s.o', 'sum.input');
        flow.connect('sum.output', 't.i');
        return flow;
      };
      const source = await sourceOf(({ flowOptions }) => make(flowOptions));
      expect(source).toContain("'emits sum.output'");
      await against(make, source);
    });

    it('should hold in random worlds: fans, retries, pauses, cancels, one worker and two', async () => {
      for (let seed = 1; seed <= 30; seed++)
        for (const maxWorkers of [1, 2]) {
          const source = await sourceOf((test) => world(seed, test.sleep)({ ...test.flowOptions, maxWorkers }), disturb(seed));
          const error = await against((options) => world(seed, sleep)({ ...options, maxWorkers }), source).catch(
            (one: unknown) => one,
          );
          if (error instanceof Error) throw new Error(`seed ${seed}, ${maxWorkers} workers`, { cause: error });
        }
    });
  });

  describe('a run in real time', () => {
    it('should hold, whatever the machine took for it', async () => {
      const job = chain(sleep)({}).start('s', { n: 1 });
      recordMarbles(job, { unitMs: 100 });
      await job.done;
      const source = toMarbleTest(job, { imports: IMPORTS });
      expect(source).toContain('starts:');
      await against(idle(), source);
      expect(await told(idle(['s.o -> u.i', ...LINKS]), source)).toContain('t is expected, and u came');
    });

    it('should take the recording as well as the job', async () => {
      const job = chain(sleep)({}).start('s');
      const recording = recordMarbles(job);
      await job.done;
      expect(toMarbleTest(recording)).toBe(toMarbleTest(job));
    });
  });

  describe('what it refuses', () => {
    const job = (): Job => flowOf({ s: { slots: { trigger: emitting({}) } } }).start('s');
    const code = (recorded: unknown): unknown => {
      const { code: found, message } = ours(thrown(() => toMarbleTest(recorded as Job)));
      return [found, message.includes('recordMarbles(job)') || message.includes('job.done')];
    };

    it('should refuse a job that nobody has recorded, and what is no job', async () => {
      const unseen = job();
      await unseen.done;
      expect([unseen, {}, undefined, null, 'job'].map(code)).toEqual(Array.from({ length: 5 }, () => ['NOT_RECORDED', true]));
    });

    it('should refuse a job whose beginning was not recorded', async () => {
      const slow = chain(sleep)({}).start('s');
      await sleep(1);
      recordMarbles(slow);
      await slow.done;
      expect(code(slow)).toEqual(['RECORDED_LATE', true]);
    });

    it('should refuse a job that runs, and take it when it has ended', async () => {
      const one = job();
      recordMarbles(one);
      expect(code(one)).toEqual(['UNFINISHED', true]);
      await one.done;
      expect(toMarbleTest(one)).toContain('expectJob(job)');
    });

    it('should give each of 400 payloads a letter, and refuse more than there are', async () => {
      const recorded = async (count: number): Promise<Job> => {
        const payloads = Array.from({ length: count }, (_, n) => ({ n }));
        const many = flowOf({ s: { slots: { trigger: emitting(...payloads) } } }).start('s');
        recordMarbles(many);
        await many.done;
        return many;
      };
      await against(
        (options) => flowOf({ s: { slots: { trigger: () => undefined } } }, [], options),
        toMarbleTest(await recorded(400), { imports: IMPORTS }),
      );
      const tooMany = await recorded(1_100);
      expect(ours(thrown(() => toMarbleTest(tooMany)))).toMatchObject({ code: 'TOO_MANY_VALUES' });
    });
  });
});

describe('literal', () => {
  const evaluated = async (source: string): Promise<unknown> => {
    let value: unknown;
    await runSource(`import { take } from 'take';\ntake(${source});`, { take: { take: (one: unknown) => (value = one) } });
    return value;
  };

  it('should write a value so that it is read again as it was, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(difference(await evaluated(literal(value)), value)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["it's", `"it's"`],
    ['say "so"', String.raw`"say \"so\""`],
    ['a\nb', String.raw`'a\nb'`],
    ['`${x}`', "'`${x}`'"],
    ['</script><!--', String.raw`'\u003c/script>\u003c!--'`],
    ['\u2028', String.raw`'\u2028'`],
    ['\ud800', String.raw`'\ud800'`],
    ['C:\\', String.raw`'C:\\'`],
    ['*/ // 雨', "'*/ // 雨'"],
  ])('should write the text %j on one line: %s', async (text, source) => {
    expect(literal(text)).toBe(source);
    expect(await evaluated(literal(text))).toBe(text);
  });

  class Point {
    readonly x = 1;
  }
  const circle: Record<string, unknown> = { n: 1 };
  circle['self'] = { up: circle };
  const hostile = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new Error('no');
    },
  });
  const [shared, deep] = [{ n: 1 }, JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown];
  const odd = class {}; // eslint-disable-line @typescript-eslint/no-extraneous-class -- only its name matters
  Object.defineProperty(odd, 'name', { value: '*/ evil() /*' });
  class Refused extends Error {
    override readonly name = 'Refused';
  }

  it.each<[string, unknown, string]>([
    ['a function', { f: () => 1, n: 2 }, '{ f: undefined /* lost: a function */, n: 2 }'],
    ['a symbol', [Symbol('x')], '[undefined /* lost: a symbol */]'],
    ['a circle', circle, '{ n: 1, self: { up: undefined /* lost: a circle */ } }'],
    ['what is held twice', [shared, shared], '[{ n: 1 }, { n: 1 }]'],
    ['a class', { at: new Point() }, '{ at: { x: 1 } /* lost: that it is of class Point */ }'],
    ['a class of an odd name', new odd(), '{} /* lost: that it is of class evil */'],
    ['an error', new TypeError('no'), "new TypeError('no')"],
    ['an error of a class', new Refused('no'), "Object.assign(new Error('no'), { name: 'Refused' }) /* lost: its class */"],
    ['what throws when it is read', { hostile }, '{ hostile: undefined /* lost: what cannot be read */ }'],
    ['a hole', [1, , 3], '[1, undefined, 3]'], // eslint-disable-line no-sparse-arrays
    ['a key that is no name', { 'a b': 1, __proto__x: 2 }, "{ 'a b': 1, __proto__x: 2 }"],
    ['what takes the place of a prototype', JSON.parse('{"__proto__":{"x":1}}'), "{ ['__proto__']: { x: 1 } }"],
    ['a date that is none', new Date(NaN), 'new Date(NaN)'],
  ])('should write %s so that it compiles, and say what is lost', (_, value, source) => {
    expect(literal(value)).toBe(source);
    transpiled(`export default ${source};`);
  });

  it('should stop where a value is deeper or larger than a test can hold', () => {
    for (const value of [deep, Array.from({ length: 200_000 }, () => 0).map(() => ({ a: 1 }))]) {
      const source = literal(value);
      expect(source).toContain('undefined /* lost: more than a test can hold */');
      transpiled(`export default ${source};`);
    }
  });
});
