import {
  type Codec,
  type Data,
  ErrorHandler,
  type Handler,
  type Job,
  type ParamMapping,
  type SlotOptions,
} from '../../lib/index.js';
import type { Isolation } from '../../lib/prelude/isolate.js';
import { emitting, flowOf } from '../support/flows.js';

interface Way {
  readonly options?: SlotOptions;
  readonly mapping?: ParamMapping;
}

type Ask = (data: Data) => Data;

const codecOf = (ask: Ask): Codec<Data> => ({
  '~standard': { version: 1, vendor: 'spec', validate: (value) => ({ value: ask(value as Data) }) },
});

/** Every function of the user that is asked between the queue and the handler. */
const WAYS: readonly [string, (ask: Ask) => Way][] = [
  ['mapping', (ask) => ({ mapping: ask })],
  ['codec', (ask) => ({ options: { codec: codecOf(ask) } })],
  ['merge', (ask) => ({ options: { merge: (_held, incoming) => ask(incoming) } })],
  ['codec before an append', (ask) => ({ options: { codec: codecOf(ask), merge: 'append' } })],
];

/** A job of two payloads for `t.i`; the function of the user that stands before its handler cancels the job at the second. */
const cancelled = async (way: (ask: Ask) => Way): Promise<{ job: Job; handled: unknown[] }> => {
  const handled: unknown[] = [];
  let job: Job | undefined = undefined;
  const { options = {}, mapping } = way((data) => {
    if (data['n'] === 2) void job?.cancel('by the user');
    return data;
  });
  const t = { slots: { i: [({ n }: Data) => void handled.push(n), options] as const } };
  const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t });
  flow.connect('s', 'o', 't', 'i', mapping);
  job = flow.start('s');
  await job.done;
  return { job, handled };
};

describe('activate', () => {
  it.each(WAYS)('should call no handler in a job that the %s has cancelled (D31)', async (_, way) => {
    const { job, handled } = await cancelled(way);
    expect([job.status, job.state.reason]).toEqual(['cancelled', 'by the user']);
    expect(handled.flat()).toEqual([1]);
    expect(job.state.metrics.routine('t')).toMatchObject({ completed: 1, dropped: 1, failed: 0 });
  });

  it.each(
    WAYS.flatMap(([what, way]) =>
      (['clone', 'freeze'] as const).flatMap((isolation) =>
        [false, true].map((watched): [string, typeof way, Isolation, boolean] => [what, way, isolation, watched]),
      ),
    ),
  )(
    'should call no handler in a job that a getter of what the %s gives has cancelled (D31, isolation %#)',
    async (_, way, isolation, watched) => {
      let calls = 0;
      let job: Job | undefined = undefined;
      const { options = {}, mapping } = way(() => ({
        part: {
          get x() {
            void job?.cancel('by the getter');
            return 1;
          },
        },
      }));
      const t = { slots: { i: [() => void calls++, options] as const } };
      const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, t }, [], { isolation });
      flow.connect('s', 'o', 't', 'i', mapping);
      job = flow.start('s');
      if (watched) job.record$.subscribe();
      await job.done;
      expect([job.status, job.state.reason, calls, job.state.pendingTasks]).toEqual(['cancelled', 'by the getter', 0, []]);
    },
  );

  it.each(WAYS)(
    "should ask a getter of what the %s gives once, before the step, with isolation 'clone': however often it is shown and tried (D31)",
    async (_, way) => {
      let asked = 0;
      const part = {
        get x() {
          asked++;
          return 1;
        },
      };
      const { options = {}, mapping } = way(() => ({ part }));
      let tries = 0;
      const failOnce = (): void => {
        if (++tries === 1) throw new Error('once');
      };
      const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: [failOnce, options] } } }, [], {
        isolation: 'clone',
        errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }),
      });
      flow.connect('s', 'o', 't', 'i', mapping);
      const job = flow.start('s');
      job.record$.subscribe();
      const state = await job.done;
      expect(state.metrics.routine('t')?.executions).toHaveLength(2);
      expect([state.status, tries, asked]).toEqual(['completed', 2, 1]);
    },
  );

  it("should ask a getter of a new state before it counts, with isolation 'clone' and a watcher: one that cancels sets nothing (D31)", async () => {
    const trigger: Handler = (_data, ctx) => {
      ctx.setState({
        part: {
          get x() {
            ctx.cancel('by the getter');
            return 1;
          },
        },
      });
    };
    const job = flowOf({ s: { slots: { trigger } } }, [], { isolation: 'clone' }).start('s');
    const told: string[] = [];
    job.record$.subscribe(({ type }) => told.push(type));
    await job.done;
    expect([job.status, told.at(-1), told.includes('stateSet'), job.state.routineState('s')?.['part']]).toEqual([
      'cancelled',
      'ended',
      false,
      undefined,
    ]);
  });

  it("should keep what a merge has made as it is, with isolation 'clone', and hand a copy out (G25, D6)", async () => {
    const sums: Map<string, number>[] = [];
    const merge = (held: Data, { n }: Data): Data => {
      const before = (held['sums'] as Map<string, number> | undefined)?.get('all') ?? 0;
      sums.push(new Map([['all', before + Number(n)]]));
      return { sums: sums.at(-1) };
    };
    const handled: unknown[] = [];
    const t = { slots: { i: [(data: Data) => void handled.push(data['sums']), { merge }] as const } };
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t }, ['s.o -> t.i'], { isolation: 'clone' });
    expect([(await flow.execute('s')).status, handled]).toEqual(['completed', [new Map([['all', 1]]), new Map([['all', 3]])]]);
    expect(handled.some((each) => sums.includes(each as Map<string, number>))).toBe(false);
  });

  it("should let a slot without a handler keep what cannot be cloned, with isolation 'clone'", async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting({}) } }, t: { slots: { i: undefined } } }, [], { isolation: 'clone' });
    flow.connect('s', 'o', 't', 'i', () => ({ call: () => 1 }));
    expect((await flow.execute('s')).status).toBe('completed');
  });

  it.each(['shallow', 'freeze', 'clone'] as const)(
    'should show watchers a copy of a new state, isolation %s',
    async (isolation) => {
      const trigger: Handler = (_data, ctx) => {
        ctx.setState({ n: 1 });
      };
      const job = flowOf({ s: { slots: { trigger } } }, [], { isolation }).start('s');
      job.record$.subscribe((record) => {
        if (record.type === 'stateSet') (record.state as { n?: number }).n = 2;
      });
      expect((await job.done).routineState('s')).toMatchObject({ n: 1 });
    },
  );

  it.each(WAYS)('should leave what a slot holds as it was when the %s cancels the job (D31)', async (_, way) => {
    const { job } = await cancelled(way);
    const [routine] = job.state.toJSON().routineStates.filter(({ routineId }) => routineId === 't');
    expect(routine?.slots.map(({ slot, data }) => [slot, [(data as Data)['n']].flat()])).toEqual([['i', [1]]]);
  });
});
