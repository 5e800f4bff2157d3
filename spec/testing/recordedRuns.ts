import { ErrorHandler, type Flow, type FlowOptions, type Handler, type Job } from '../../lib/index.js';
import { type FlowTest, seeded, testFlow, toMarbleTest, type ToMarbleTestOptions } from '../../lib/testing/index.js';
import { flowOf, forward } from '../support/flows.js';
import { playSource } from '../support/runSource.js';
import { ours, rejection } from '../support/thrown.js';

export const LINKS = ['s.o -> t.i', 't.o -> u.i'];
export const IMPORTS = "import { makeFlow } from './makeFlow';";

export type Sleep = FlowTest['sleep'];
export type MakeFlow = (options: FlowOptions) => Flow;

export type Steer = (job: Job, test: FlowTest) => unknown;

export const untilEnd: Steer = (job) => job.done;

/** A run in virtual time, and its source. */
export const sourceOf = async (
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

/** Runs a source against a flow: resolves if the flow does what was recorded. */
export const against = (make: MakeFlow, source: string): Promise<unknown> =>
  playSource(source, { './makeFlow': { makeFlow: make } });

/** The report of a source that fails against another flow, without the place. */
export const told = async (make: MakeFlow, source: string): Promise<string> => {
  const error = ours(await rejection(against(make, source)));
  expect(error).toMatchObject({ name: 'TestingError', code: 'UNLIKE' });
  return error.message.split('\n').slice(2).join('\n');
};

export const RETRY = new ErrorHandler({ strategy: 'retry', delayMs: 20 });

export const failsOnce: Handler = (data, ctx) => {
  if (data['n'] === 2 && ctx.attempt === 1) throw new RangeError('not yet');
  forward(data, ctx);
};

/** `s` takes 3 ms and emits two, `t` fails once for the second one, `u` takes 2 ms. */
export const chain =
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

export const inVirtualTime = ({ flowOptions, sleep: pause }: FlowTest): Flow => chain(pause)(flowOptions);

/** The same flow without any work in it: a replay needs none. */
export const idle = (links: readonly string[] = LINKS, more: FlowOptions = {}): MakeFlow => {
  const never: Handler = () => {
    throw new Error('a handler of the flow itself was called');
  };
  const slots = (name: string): { readonly slots: Record<string, Handler> } => ({ slots: { [name]: never } });
  return (options) =>
    flowOf({ s: slots('trigger'), t: slots('i'), u: slots('i') }, links, { errorHandler: RETRY, ...options, ...more });
};

export const pauseAt =
  (at: number, ms: number): Steer =>
  async (job, { sleep: pause }) => {
    await pause(at);
    await job.pause();
    await pause(ms);
    job.resume();
    await job.done;
  };

/** Pauses and resumes before the job stands still, twice. */
export const withdrawAt =
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

/** Numbers that look like chance. */
const dice = (seed: number): (() => number) => seeded(seed * 7919);

/** Handlers that emit at once and later, fail, and take their time, in a flow that fans out. */
export const world = (seed: number, pause: Sleep): MakeFlow => {
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

export const disturb =
  (seed: number): Steer =>
  async (job, test) => {
    if (seed % 3 === 0) await pauseAt(4, 5)(job, test);
    if (seed % 5 === 1) await test.sleep(9).then(() => (job.status === 'running' ? job.cancel('enough') : undefined));
    await job.done;
  };
