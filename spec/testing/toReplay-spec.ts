import * as t from 'io-ts';
import { delay, map, type OperatorFunction, reduce } from 'rxjs';
import { type Data, ErrorHandler, type Flow, type FlowOptions, type Handler } from '../../lib/index.js';
import { feed, fromOperator } from '../../lib/rx/index.js';
import { type FlowTest, recordMarbles, toMarbleTest } from '../../lib/testing/index.js';
import { emitting, flowOf, forward, sleep } from '../support/flows.js';
import {
  against,
  chain,
  disturb,
  failsOnce,
  idle,
  IMPORTS,
  LINKS,
  type MakeFlow,
  pauseAt,
  RETRY,
  sourceOf,
  type Steer,
  told,
  untilEnd,
  withdrawAt,
  world,
} from './recordedRuns.js';

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
    [
      'is cancelled while a call hangs, and the retry of another',
      () => emitting({ n: 1 }, { n: 2 }),
      ({ sleep: pause }) =>
        async ({ n }, { attempt }) => {
          if (n === 1 || attempt > 1) await new Promise(() => undefined);
          await pause(3);
          throw new RangeError('not yet');
        },
      { maxWorkers: 2 },
      (job, { sleep: pause }) => pause(40).then(() => job.cancel('no')),
    ],
    [
      'is cancelled while nothing is left but a retry',
      () => emitting({ n: 2 }),
      () => failsOnce,
      {},
      (job, { sleep: pause }) => pause(9).then(() => job.cancel('no')),
    ],
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
  ])('should hold if it %s', async (name, trigger, i, more, steer) => {
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

  it('should hold if a codec refuses an input, which no handler has seen', async () => {
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

  it('should hold if a handler keeps the machine busy while a task waits beside a free worker', async () => {
    const busily: Handler = (_, ctx) => {
      ctx.emit('o', { n: 1 });
      const until = performance.now() + 5;
      while (performance.now() < until);
      ctx.emit('o', { n: 3 });
      return sleep(3);
    };
    const sketches = { s: { slots: { trigger: busily } }, t: { slots: { i: forward } }, u: { slots: { i: () => sleep(1) } } };
    const job = flowOf(sketches, LINKS, { maxWorkers: 3 }).start('s');
    recordMarbles(job);
    await job.done;
    await against(idle(LINKS, { maxWorkers: 3 }), toMarbleTest(job, { imports: IMPORTS }));
  });

  it('should take the recording as well as the job', async () => {
    const job = chain(sleep)({}).start('s');
    const recording = recordMarbles(job);
    await job.done;
    expect(toMarbleTest(recording)).toBe(toMarbleTest(job));
  });
});
