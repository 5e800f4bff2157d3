import fc from 'fast-check';
import { from, mergeMap, type Observable, throwError, timer } from 'rxjs';
import { type Context, type Data, Flow, type JobState, Routine } from '../../lib/index.js';
import { patience, runs } from '../support/arbitrary.js';
import { turn } from '../support/virtualTime.js';
import { handlerOf } from '../support/handlers.js';

const trap = (): never => {
  throw new Error('a trap');
};

const TRAPS = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((name) => [name, trap])) as ProxyHandler<object>;

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const withGetter = (key: PropertyKey): object => Object.defineProperty(new Error('odd'), key, { get: trap });

const cyclic = (): Error => {
  const error = new Error('cyclic');
  error.cause = error;
  return error;
};

/** What may be thrown, however odd. */
const ODD: readonly (() => unknown)[] = [
  ...[undefined, null, false, 0, NaN, '', 'text', 10n, Symbol('odd')].map((value) => () => value),
  () => Object.freeze(new Error('frozen')),
  () => Object.freeze({ message: 'frozen' }),
  () => Object.create(null) as unknown,
  () => withGetter('message'),
  () => withGetter('name'),
  () => withGetter('constructor'),
  () => withGetter('stack'),
  () => withGetter('then'),
  () => ({ toString: trap }),
  () => ({ message: 7, name: Symbol('name') }),
  () => new Proxy({}, TRAPS),
  () => new Proxy(() => undefined, TRAPS),
  revoked,
  cyclic,
  () => trap,
  () => [],
];

async function* failing(error: unknown): AsyncGenerator<number> {
  yield 1;
  await turn();
  throw error;
}

const thenable = (then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): unknown => ({ then });
const observable = (subscribe: () => unknown): unknown => ({
  [Symbol.for('observable')]: trap,
  '@@observable': () => ({ subscribe }),
});

/** The ways in which a handler fails with it. */
const WAYS: Readonly<Record<string, (error: unknown) => unknown>> = {
  throws: (error) => {
    throw error;
  },
  rejects: (error) => Promise.reject(error),
  'rejects later': (error) => turn().then(() => Promise.reject(error)),
  'is an observable that errors': (error) => throwError(() => error),
  'is an observable that errors later': (error) => timer(0).pipe(mergeMap((): Observable<never> => throwError(() => error))),
  'is an observable whose subscribe throws': (error) =>
    observable(() => {
      throw error;
    }),
  'is an async iterable that throws': failing,
  'is a thenable that throws': (error) =>
    thenable(() => {
      throw error;
    }),
  'is a thenable that rejects, resolves and throws': (error) =>
    thenable((resolve, reject) => {
      reject(error);
      resolve(1);
      reject(new Error('again'));
      throw new Error('once more');
    }),
};

/** What a handler may return without any failure. */
const IDLE: readonly (() => unknown)[] = [
  () => trap,
  () => from([new Proxy({}, TRAPS)]),
  () => ({ then: 'not a function' }),
  () => Promise.resolve(new Proxy({}, { ...TRAPS, get: () => undefined })),
  () => Symbol('returned'),
  () => Object.create(null) as unknown,
];

interface Hostility {
  readonly way: keyof typeof WAYS;
  readonly odd: number;
  readonly idle: number | undefined;
}

interface Scene {
  readonly acts: readonly Hostility[];
  readonly strategy: 'stop' | 'continue' | 'skip' | 'retry' | 'none';
  readonly retryOn: 'all' | 'throws';
  readonly workers: number;
  readonly emitMode: 'immediate' | 'commit';
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  acts: fc.array(
    fc.record({
      way: fc.constantFrom(...Object.keys(WAYS)),
      odd: fc.nat(ODD.length - 1),
      idle: fc.option(fc.nat(IDLE.length - 1), { nil: undefined, freq: 4 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  strategy: fc.constantFrom('stop', 'continue', 'skip', 'retry', 'none'),
  retryOn: fc.constantFrom('all', 'throws'),
  workers: fc.integer({ min: 1, max: 4 }),
  emitMode: fc.constantFrom('immediate', 'commit'),
});

const act = ({ way, odd, idle }: Hostility): unknown => (idle === undefined ? WAYS[way]?.(ODD[odd]?.()) : IDLE[idle]?.());

/** An entry that hands out the acts, and a hostile routine that plays them. */
const flowFor = ({ acts, strategy, retryOn, workers, emitMode }: Scene): Flow => {
  const flow = new Flow({ executionStrategy: workers > 1 ? 'concurrent' : 'sequential', maxWorkers: workers, emitMode });
  const [entry, hostile, honest] = [new Routine(), new Routine(), new Routine()];
  entry.defineEvent('o');
  entry.defineSlot('trigger', (_, ctx) => {
    for (const place of acts.keys()) ctx.emit('o', { place });
  });
  hostile.defineSlot('i', ({ place }) => act(acts[place as number] as Hostility));
  honest.defineEvent('o');
  for (const slot of ['trigger', 'i']) honest.defineSlot(slot, countDown, { merge: slot === 'i' ? 'append' : 'override' });
  if (strategy !== 'none') {
    const filter = retryOn === 'throws' ? { retryOn: trap } : {};
    hostile.setErrorHandler(handlerOf({ strategy, maxRetries: 2, delayMs: 0, ...filter }));
  }
  for (const [id, routine] of Object.entries({ entry, hostile, honest })) flow.addRoutine(routine, id);
  flow.connect('entry', 'o', 'hostile', 'i');
  flow.connect('honest', 'o', 'honest', 'i');
  return flow;
};

const countDown = async ({ n }: Data, ctx: Context): Promise<void> => {
  const left = Array.isArray(n) ? (n.at(-1) as number) : (n as number);
  ctx.setState({ ...ctx.state(), [`left${left}`]: n });
  if (left > 0) ctx.emit('o', { n: left - 1 });
  await Promise.resolve();
};

const HONEST = { left3: 3, left2: [2], left1: [2, 1], left0: [2, 1, 0], status: 'completed', retryCount: 0 };

/** Everything that can be read of a state is read, and is well-behaved. */
const readAll = (state: JobState): void => {
  for (const { data } of state.history('hostile')) expect(typeof (data['error'] ?? '')).toBe('string');
  expect(typeof (state.routineState('hostile')?.['error'] ?? '')).toBe('string');
  expect(state.metrics.routine('hostile')?.executions.every(({ error }) => typeof (error ?? '') === 'string')).not.toBe(false);
  expect(typeof `${state.error?.message}`).toBe('string');
  expect(state.pendingTasks).toEqual([]);
};

const livesOn = async (scene: Scene): Promise<void> => {
  const flow = flowFor(scene);
  const hostile = flow.execute('entry');
  const honest = flow.execute('honest', { n: 3 });
  const [bad, good] = await Promise.all([hostile, honest]);
  const failures = scene.acts.filter(({ idle }) => idle === undefined).length;
  const fails = failures > 0 && !['continue', 'skip'].includes(scene.strategy);
  expect(bad.status).toBe(fails ? 'failed' : 'completed');
  const { failed = 0, skipped = 0 } = bad.metrics.routine('hostile') ?? {};
  if (!fails) expect(failed + skipped).toBe(failures);
  readAll(bad);
  expect(good.status).toBe('completed');
  const { executionTimeMs: _, ...state } = good.routineState('honest') ?? {};
  expect(state).toEqual(HONEST);
  expect((await flow.execute('honest', { n: 3 })).status).toBe('completed');
  await turn();
};

// ROUTILUX_LONG makes it 10,000 scenes in place of 1,000.
describe('hostile handlers', () => {
  it(
    'should never disturb the engine or another job, whatever they throw, reject with or return (X, S94, D2)',
    () => fc.assert(fc.asyncProperty(scenes, livesOn), { numRuns: runs }),
    patience,
  );
});
