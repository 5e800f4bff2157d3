import { fromOperator, toOperator } from '../../lib/rx/index.js';
import { loadJob } from '../../lib/node/index.js';
import { type DurableJob, Runtime } from '../../lib/runtime/index.js';
import { memoryStore } from '../../lib/store/memory/index.js';
import { faultyStore, type FlowTest, recordMarbles, testFlow, toMarbleTest } from '../../lib/testing/index.js';
import {
  type Context,
  defineRoutine,
  ErrorHandler,
  type Event,
  Flow,
  type Job,
  JobState,
  Registry,
  Routine,
} from '../../lib/index.js';
import { firstValueFrom, map } from 'rxjs';
import { isPlainObject } from '../../lib/prelude/plainObject.js';
import { flowOf, sleep } from './flows.js';

/** A call with the options of one place; what it throws or rejects with is the refusal. */
export type OptionCall = (options: never) => unknown;

const idle = (): Flow => flowOf({ s: { slots: { trigger: () => undefined }, events: ['o'] } }, [], { flowId: 'f' });
const busy = (): Job => flowOf({ s: { slots: { trigger: () => sleep(1) } } }, [], { flowId: 'f' }).start('s');
const registry = new Registry().register('R', () => new Routine());

/** A call in a handler, which fails with what it throws. */
const inHandler = async (call: (ctx: Context) => unknown): Promise<void> => {
  const { error } = await flowOf({ s: { slots: { trigger: (_, ctx) => void call(ctx) } } }).execute('s');
  if (error !== undefined) throw error.cause;
};

const eventOf = ({ flow, routineId }: Context): Event<object> => flow.routines.get(routineId)?.event('o') as Event<object>;

const inTest = async (call: (test: FlowTest) => unknown): Promise<void> =>
  testFlow(async (test) => {
    await call(test);
  });

const emitting = (): Routine => {
  const routine = new Routine();
  routine.defineEvent('o');
  return routine;
};

const resumed = async (options: never): Promise<unknown> => {
  const job = busy();
  await job.pause();
  const taken = idle().resume(JobState.fromJSON(job.snapshot()), options);
  return taken.cancel();
};

const leftOf = async (options: never): Promise<void> => {
  const ended = await idle().executeTE('s', {}, options)();
  if (ended._tag === 'Left') throw ended.left.cause;
};

const marbleTest = async (options: never): Promise<string> => {
  const job = idle().start('s');
  recordMarbles(job);
  await job.done;
  return toMarbleTest(job, options);
};

/** Options with those that have to be there; what is none stays as it is. */
const above = <O extends object>(base: O, options: unknown): O =>
  isPlainObject(options) ? { ...base, ...options } : (options as O);

/** A runtime, and a job that asks something, for as long as a call takes. */
const inRuntime = async (call: (runtime: Runtime, job: DurableJob) => unknown): Promise<void> => {
  const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.waitFor('o', { token: 'q' }) }, events: ['o'] } }, [], {
    flowId: 'f',
  });
  const runtime = await Runtime.open({ store: memoryStore(), flows: [flow] });
  try {
    const job = await runtime.start('f', 's', {}, { jobId: 'a' });
    await sleep(2);
    await call(runtime, job);
  } finally {
    await runtime.close();
  }
};

const opened = async (options: never): Promise<void> => {
  const runtime = await Runtime.open(above({ store: memoryStore() }, options));
  await runtime.close();
};

const operator = map((each: object) => each);
const defined = (): Routine => defineRoutine({ type: 'defined', events: { o: [] } });

/** Every place of the public surface that takes options, as `optionObjectsIn` names them. */
export const CALLS: Readonly<Record<string, OptionCall>> = {
  'new Flow(options)': (options) => new Flow(options),
  'Flow.fromJSON(options)': (options) => Flow.fromJSON(idle().toJSON(), registry, options),
  'Flow.execute(given)': (options) => idle().execute('s', {}, options),
  'Flow.executeTE(given)': leftOf,
  'Flow.start(given)': (options) => idle().start('s', {}, options),
  'Flow.run$(given)': (options) => firstValueFrom(idle().run$('s', {}, options)),
  'Flow.pause(options)': (options) => idle().pause(options),
  'Flow.cancel(options)': (options) => idle().cancel(options),
  'Flow.resume(options)': resumed,
  'Flow.shutdown(options)': (options) => idle().shutdown(options),
  'Flow.deserialize(options)': (options) => new Flow().deserialize(new Flow().toJSON(), registry, options),
  'Flow.setExecutionStrategy(options)': (options) => idle().setExecutionStrategy('concurrent', options),
  'Job.answer(options)': async (options) => {
    const flow = flowOf({ s: { slots: { trigger: (_, ctx) => void ctx.waitFor('o', { token: 'q' }) }, events: ['o'] } });
    const job = flow.start('s');
    await sleep(1);
    job.answer('q', 1, options);
  },
  'Job.pause(options)': (options) => busy().pause(options),
  'Job.waitForCompletion(options)': (options) => busy().waitForCompletion(options),
  'JobState.fromJSON(options)': (options) => JobState.fromJSON(busy().snapshot(), options),
  'JobState.deserialize(options)': (options) => new JobState().deserialize(busy().snapshot(), options),
  'JobState.waitForCompletion(options)': async (options) => {
    const flow = idle();
    // One that has ended answers at once.
    return JobState.waitForCompletion(flow, await flow.execute('s'), options);
  },
  'Routine.defineSlot(options)': (options) => new Routine().defineSlot('i', undefined, options),
  'Routine.emit(options)': (options) => {
    emitting().emit('o', {}, options);
  },
  'Routine.emit(data)': (options) => {
    const routine = new Routine();
    routine.emit(routine.defineEvent('o'), {}, options);
  },
  'Routine.setAsCritical(options)': (options) => new Routine().setAsCritical(options),
  'DefinedRoutine.defineSlot(options)': (options) => defined().defineSlot('i', undefined, options),
  'DefinedRoutine.emit(options)': (options) => {
    defined().emit('o', {}, options);
  },
  'DefinedRoutine.emit(data)': (options) => {
    const routine = defineRoutine({ type: 'defined', events: { o: [] } });
    routine.emit(routine.event('o'), {}, options);
  },
  'DefinedRoutine.setAsCritical(options)': (options) => defined().setAsCritical(options),
  'defineRoutine(definition)': (definition) => defineRoutine(above({ type: 'defined' }, definition)),
  'defineRoutine(definition.slots.*)': (slot) => defineRoutine({ type: 'defined', slots: { i: slot } }),
  'new ErrorHandler(options)': (options) => new ErrorHandler(above({ strategy: 'retry' as const }, options)),
  'Context.output(data)': (options) =>
    inHandler((ctx) => {
      ctx.output('type', {}, options);
    }),
  'Context.emit(options)': (options) =>
    inHandler((ctx) => {
      ctx.emit('o', {}, options);
    }),
  'Context.emit(data)': (options) =>
    inHandler((ctx) => {
      ctx.emit(eventOf(ctx), {}, options);
    }),
  'Context.waitFor(options)': (options) =>
    inHandler((ctx) => {
      ctx.waitFor('o', options);
      ctx.cancel();
    }),
  'Context.pause(options)': (options) =>
    inHandler((ctx) => {
      void ctx.pause(options);
      ctx.cancel();
    }),
  'Registry.read(options)': (options) => registry.read(new Flow().toJSON(), options),
  'fromOperator(options)': (options) => fromOperator('op', operator, options),
  'toOperator(options)': (options) => toOperator(idle(), above({ entry: 's', output: 's.o' }, options)),
  'loadJob(options)': (options) => loadJob('nowhere.json', options),
  'Runtime.open(options)': opened,
  'Runtime.start(options)': (options) => inRuntime((runtime) => runtime.start('f', 's', {}, options)),
  'Runtime.list(query)': (query) =>
    inRuntime(async (runtime) => {
      for await (const info of runtime.list(query)) void info;
    }),
  'Runtime.pause(options)': (options) => inRuntime((runtime) => runtime.pause('a', options)),
  'Runtime.resume(options)': (options) =>
    inRuntime(async (runtime) => {
      await runtime.pause('a');
      await runtime.resume('a', options);
    }),
  'Runtime.answer(options)': (options) => inRuntime((runtime) => runtime.answer('q', 1, options)),
  'Runtime.close(options)': (options) => inRuntime((runtime) => runtime.close(options)),
  'DurableJob.pause(options)': (options) => inRuntime((_, job) => job.pause(options)),
  'DurableJob.resume(options)': (options) =>
    inRuntime(async (_, job) => {
      await job.pause();
      await job.resume(options);
    }),
  'faultyStore(options)': (options) => faultyStore(memoryStore(), options),
  'testFlow(options)': (options) => testFlow(() => undefined, options),
  'FlowTest.start(options)': (options) => inTest(({ start }) => start(idle(), 's', {}, options)),
  'recordMarbles(options)': (options) => recordMarbles(busy(), options),
  'toMarbleTest(options)': marbleTest,
  'toMarbleTest(options.run)': (run) => marbleTest({ run } as never),
};

/** Objects of which something may be left out that are no options, and why. */
export const NO_OPTIONS: readonly (readonly [place: RegExp, reason: string])[] = [
  [/^new \w+Error\(/, 'errors are made by the library, and what a stranger makes of one is his'],
  [/^saveJob\(job/, 'a document: what is none is refused with NO_JOB'],
  [/\.(toBe|toHaveMarbles)\(lines\)$/, 'lines by name, which are checked as such: BAD_LINE, UNKNOWN_PLACE'],
];
