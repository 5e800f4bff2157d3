import { inspect } from 'node:util';
import { limitFrom, type Limit, OVERFLOWS } from '../../lib/flow/Limit.js';
import {
  defineRoutine,
  type ExecuteOptions,
  Flow,
  FlowError,
  type FlowOptions,
  Routine,
  type SlotOptions,
} from '../../lib/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';

/** What is no limit. */
const WRONG: readonly Limit[] = [
  { maxQueued: 0 },
  { maxQueued: -1 },
  { maxQueued: 1.5 },
  { maxQueued: NaN },
  { maxQueued: -Infinity },
  { maxQueued: 2 ** 53 },
  { maxQueued: '5' as unknown as number },
  { overflow: 'drop' as 'block' },
  { overflow: 'toString' as 'block' },
];

const NULLS: readonly Limit[] = [{ maxQueued: null as unknown as number }, { overflow: null as unknown as 'block' }];

/** Each place that takes a limit. */
const DOORS: readonly (readonly [string, (limit: Limit) => unknown])[] = [
  ['a flow', (limit) => new Flow(limit)],
  ['defineSlot', (limit) => new Routine().defineSlot('i', () => undefined, limit)],
  ['defineRoutine', (limit) => defineRoutine({ type: 'x', slots: { i: { handler: () => undefined, ...limit } }, events: {} })],
  ['start', (limit) => flowOf({ s: { slots: { trigger: emitting() } } }).start('s', {}, limit)],
];

describe('limitFrom', () => {
  it('should let any number wait where nothing is said, and block', () => {
    expect(limitFrom({})).toEqual({ maxQueued: Infinity, overflow: 'block' });
    expect(limitFrom({ maxQueued: undefined, overflow: undefined })).toEqual({ maxQueued: Infinity, overflow: 'block' });
  });

  it.each(OVERFLOWS)('should take a whole number from 1, or Infinity, with %s', (overflow) => {
    for (const maxQueued of [1, 2, 1_000_000, Infinity])
      expect(limitFrom({ maxQueued, overflow })).toEqual({ maxQueued, overflow });
  });

  it('should know four policies, and no other', () => {
    expect(OVERFLOWS).toEqual(['block', 'error', 'dropOldest', 'dropNewest']);
  });
});

const checkRefused = (make: (limit: Limit) => unknown, limit: Limit): void => {
  const [option = ''] = Object.keys(limit);
  const error = ours(thrown(() => make(limit)));
  expect(error).toBeInstanceOf(FlowError);
  expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option } });
  expect(error.message).toContain(option === 'maxQueued' ? 'a whole number from 1' : 'dropOldest');
};

describe.each(DOORS)('a limit at %s', (door, make) => {
  it.each(WRONG.map((limit) => [inspect(limit), limit] as const))(
    'should be refused where it is %s, naming the option and what is expected',
    (_, limit) => {
      checkRefused(make, limit);
    },
  );

  it('should be refused where it is null', () => {
    for (const limit of NULLS) checkRefused(make, limit);
  });

  it('should be taken where it is right', () => {
    for (const overflow of OVERFLOWS) expect(() => make({ maxQueued: 3, overflow })).not.toThrow();
  });
});

describe('whose limit a job has', () => {
  const most = async (
    flowLimit: FlowOptions,
    runLimit: ExecuteOptions,
    slotLimit: SlotOptions = {},
  ): Promise<readonly number[]> => {
    const log: number[] = [];
    const payloads = Array.from({ length: 9 }, (_, n) => ({ n }));
    const flow = flowOf(
      { s: { slots: { trigger: emitting(...payloads) } }, t: { slots: { i: [({ n }) => log.push(n as number), slotLimit] } } },
      ['s.o -> t.i'],
      flowLimit,
    );
    await flow.execute('s', {}, runLimit);
    return log;
  };

  it.each<[string, FlowOptions, ExecuteOptions, readonly number[]]>([
    ['none', {}, {}, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['of the flow', { maxQueued: 3, overflow: 'dropNewest' }, {}, [0, 1, 2]],
    ['of the run', {}, { maxQueued: 3, overflow: 'dropOldest' }, [6, 7, 8]],
    ['of the run before that of the flow', { maxQueued: 3, overflow: 'dropNewest' }, { maxQueued: 2 }, [0, 1]],
    [
      'of the run, whose policy alone is another',
      { maxQueued: 3, overflow: 'dropNewest' },
      { overflow: 'dropOldest' },
      [6, 7, 8],
    ],
    [
      'of the run, which takes it away',
      { maxQueued: 3, overflow: 'dropNewest' },
      { maxQueued: Infinity },
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    ],
  ])('should be %s', async (_, flowLimit, runLimit, log) => {
    expect(await most(flowLimit, runLimit)).toEqual(log);
  });

  it('should be that of the slot as well: the smaller one is met first', async () => {
    expect(await most({ maxQueued: 5, overflow: 'dropNewest' }, {}, { maxQueued: 2, overflow: 'dropOldest' })).toEqual([7, 8]);
    expect(await most({ maxQueued: 2, overflow: 'dropNewest' }, {}, { maxQueued: 5, overflow: 'dropOldest' })).toEqual([0, 1]);
  });

  it('should be kept for each job alone: two of one flow never share it', async () => {
    const log: unknown[] = [];
    const flow = flowOf(
      {
        s: { slots: { trigger: ({ job }, ctx) => [1, 2, 3].forEach((n) => ctx.emit('o', { job, n })) } },
        t: { slots: { i: (data) => void log.push(data) } },
      },
      ['s.o -> t.i'],
      { maxQueued: 2, overflow: 'dropNewest' },
    );
    const states = await Promise.all([flow.execute('s', { job: 'a' }), flow.execute('s', { job: 'b' })]);
    expect(log).toEqual(['a', 'b', 'a', 'b'].map((job, at) => ({ job, n: at < 2 ? 1 : 2 })));
    expect(states.map(({ metrics }) => metrics.flow().droppedTasks)).toEqual([1, 1]);
  });

  it('should be refused by execute with a rejection, and no job is left', async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting() } } });
    expect(ours(await rejection(flow.execute('s', {}, { maxQueued: 0 })))).toMatchObject({ code: 'BAD_OPTION' });
    expect(flow.jobs).toEqual([]);
  });

  it('should be the same for a routine of defineRoutine', async () => {
    const log: number[] = [];
    const handler = ({ n }: { n: number }): unknown => log.push(n);
    const t = defineRoutine({
      type: 't',
      slots: { i: { handler: handler as never, maxQueued: 2, overflow: 'dropOldest' } },
      events: {},
    });
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } } });
    flow.addRoutine(t, 't');
    flow.connect('s', 'o', 't', 'i');
    await flow.execute('s');
    expect(log).toEqual([2, 3]);
  });
});
