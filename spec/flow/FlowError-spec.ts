import {
  type Data,
  ErrorHandler,
  type ExecuteOptions,
  Flow,
  FlowError,
  type FlowOptions,
  JobState,
  type ParamMapping,
  Registry,
  Routine,
} from '../../lib/index.js';
import { deferred, flowOf, routine } from '../support/flows.js';
import { ours, rejection, thrown } from '../support/thrown.js';

/** What has to be true of an error: its code, its details, and whom and what its message names. */
interface Expected {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly says: readonly (string | RegExp)[];
}

/** One way to be wrong: how (`C`), and what is then said. */
type Row<C> = readonly [what: string, how: C, code: string, details: Expected['details'], ...says: Expected['says']];

const cases = <C>(table: readonly Row<C>[]): [what: string, how: C, expected: Expected][] =>
  table.map(([what, how, code, details, ...says]) => [what, how, { code, details, says }]);

type Call = () => unknown;

const check = (error: unknown, { code, details, says }: Expected): void => {
  const { name, message, ...rest } = ours(error);
  expect({ ...rest, name }).toMatchObject({ name: 'FlowError', code, details, retriable: false });
  for (const part of says)
    expect(message).toEqual(typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part));
};

const show = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : typeof value === 'string' ? `'${value}'` : String(value);

const option = <C>(name: string, value: unknown, remedy: RegExp, how: C): Row<C> => [
  `${name}: ${show(value)}`,
  how,
  'BAD_OPTION',
  { option: name, value },
  `'${name}'`,
  remedy,
];

const flowOption = (name: keyof FlowOptions, value: unknown, remedy: RegExp): Row<Call> =>
  option(name, value, remedy, () => new Flow({ [name]: value }));

/** A flow `f` of a source `s` with event `o`, an entry, and a target `t` with slot `i`. */
const sample = (): Flow => {
  const flow = flowOf({ s: { slots: { trigger: () => undefined } }, t: { slots: { i: () => undefined } } }, [], { flowId: 'f' });
  flow.connect('s', 'o', 't', 'i');
  return flow;
};

const WHOLE = /give a whole number from 1 up/;
const MS = /give ms above 0, or Infinity for no limit/;
const LIST = /give one of '\w+'/;

describe('an option of a flow that is wrong', () => {
  const table = cases<Call>([
    ...[0, -1, NaN, 1.5, Infinity, '3', 2 ** 60].map((value) => flowOption('maxWorkers', value, WHOLE)),
    ...[0, -5, NaN, '100', -Infinity].map((value) => flowOption('executionTimeoutMs', value, MS)),
    ...[-1, 1.5, NaN, '10'].map((value) => flowOption('history', value, /give a whole number from 0 up, or Infinity/)),
    ...[-1, 1.5, NaN, '10'].map((value) => flowOption('pausedLimit', value, /give a whole number from 0 up, or Infinity/)),
    ...[{}, 'stop', null, 0, ''].map((value) => flowOption('errorHandler', value, /give an ErrorHandler/)),
    ...[{}, 5, 'async'].map((value) => flowOption('scheduler', value, /give an RxJS scheduler/)),
    flowOption('isolation', 'deep', LIST),
    flowOption('emitMode', 'later', LIST),
    flowOption('unhandledErrors', 'ignore', LIST),
    flowOption('asyncContext', 'on', LIST),
    flowOption('metrics', 'yes', LIST),
    flowOption('random', 0.5, /give a function/),
    flowOption('newId', 'id', /give a function/),
    [
      'executionStrategy',
      () => new Flow({ executionStrategy: 'x' as never }),
      'BAD_STRATEGY',
      { strategy: 'x' },
      "'x'",
      "'sequential', 'concurrent'",
    ],
    ['flowId empty', () => new Flow({ flowId: '' }), 'BAD_NAME', { what: 'flow', value: '' }, 'flow', /give a non-empty string/],
    ['flowId 5', () => new Flow({ flowId: 5 as never }), 'BAD_NAME', { what: 'flow', value: 5 }, '5', /give a non-empty string/],
    [
      'flowId that cannot be shown',
      () => new Flow({ flowId: Object.create(null) as never }),
      'BAD_NAME',
      { what: 'flow' },
      /give a non-empty string/,
    ],
  ]);

  it.each(table)('should be refused by name, with the remedy: %s (SC014)', (_, call, expected) => {
    check(thrown(call), expected);
  });
});

describe('a setter of a flow', () => {
  const table = cases<Call>([
    ['strategy x', () => new Flow().setExecutionStrategy('x' as never), 'BAD_STRATEGY', { strategy: 'x' }, "'x'", "'concurrent'"],
    ...[0, NaN, 1.5].map((value) =>
      option('maxWorkers', value, WHOLE, () => new Flow().setExecutionStrategy('concurrent', { maxWorkers: value })),
    ),
    ...[{}, undefined, null, 'stop'].map((value) =>
      option('errorHandler', value, /give an ErrorHandler/, () => new Flow().setErrorHandler(value as ErrorHandler)),
    ),
  ]);

  it.each(table)('should refuse what is wrong: %s (SC014)', (_, call, expected) => {
    check(thrown(call), expected);
  });
});

describe('a routine that is described wrongly', () => {
  const twice = routine({ slots: { i: undefined } });
  const predicate = (): boolean => true;
  const free = (): Routine => new Routine();
  const table = cases<Call>([
    [
      'a second slot of a name (G03)',
      () => twice.defineSlot('i'),
      'DUPLICATE_SLOT',
      { routineId: twice.id, slot: 'i' },
      "'i'",
      "'Routine'",
      /another name/,
    ],
    [
      'a second event of a name (G03)',
      () => twice.defineEvent('o'),
      'DUPLICATE_EVENT',
      { routineId: twice.id, event: 'o' },
      "'o'",
      "'Routine'",
      /another name/,
    ],
    ['a slot without a name', () => free().defineSlot(''), 'BAD_NAME', { what: 'slot', value: '' }, 'slot', /non-empty string/],
    ['a slot named 5', () => free().defineSlot(5 as never), 'BAD_NAME', { what: 'slot', value: 5 }, '5', /non-empty string/],
    [
      'an event without a name',
      () => free().defineEvent(''),
      'BAD_NAME',
      { what: 'event', value: '' },
      'event',
      /non-empty string/,
    ],
    [
      'a merge that does not exist (G26)',
      () => free().defineSlot('i', undefined, { merge: 'sum' as never }),
      'BAD_STRATEGY',
      { strategy: 'sum' },
      "'sum'",
      "'override', 'append', 'a function",
    ],
    option('handler', 'run', /give a function \(data, ctx\)/, () => free().defineSlot('i', 'run' as never)),
    option('handler', null, /give a function \(data, ctx\)/, () => free().defineSlot('i', null as never)),
    option('codec', {}, /give an io-ts codec or a Standard Schema/, () =>
      free().defineSlot('i', undefined, { codec: {} as never }),
    ),
    option('codec', predicate, /give an io-ts codec or a Standard Schema/, () =>
      free().defineSlot('i', undefined, { codec: predicate as never }),
    ),
    [
      'a config that is a list',
      () => twice.setConfig([] as never),
      'BAD_PAYLOAD',
      { value: [] },
      'config',
      "'Routine'",
      /wrap the value/,
    ],
    [
      'a config that is null',
      () => twice.setConfig(null as never),
      'BAD_PAYLOAD',
      { value: null },
      'config',
      'null',
      /wrap the value/,
    ],
    option('errorHandler', 'skip', /give an ErrorHandler/, () => free().setErrorHandler('skip' as never)),
    [
      'an optional strategy that is none',
      () => free().setAsOptional('later' as never),
      'BAD_STRATEGY',
      { strategy: 'later' },
      "'later'",
      "'skip'",
    ],
    option('maxRetries', -1, /whole number from 0/, () => free().setAsCritical({ maxRetries: -1 })),
    option('delayMs', -1, /number from 0 up/, () => free().setAsCritical({ delayMs: -1 })),
  ]);

  it.each(table)('should be refused by name, with the remedy: %s', (_, call, expected) => {
    check(thrown(call), expected);
  });

  it.each<[unknown]>([[5], [null], ['text'], [{ a: 1 }]])(
    'should be refused where the payload of an event is %p, by the name of the event',
    (payload) => {
      const error = ours(thrown(() => new Routine().defineEvent('output', payload as never)));
      expect(error).toBeInstanceOf(FlowError);
      expect(error.message).toMatch(/give .*(names|codec|Schema)/);
    },
  );

  it('should keep nothing of what was refused', () => {
    const made = new Routine();
    thrown(() => made.defineSlot('i', undefined, { merge: 'sum' as never }));
    thrown(() => made.defineSlot('i', 'run' as never));
    expect(made.slots.size).toBe(0);
  });
});

describe('a flow that is put together wrongly', () => {
  const flow = sample();
  const [stranger, twin] = [routine({ slots: { i: undefined } }), routine({})];
  flow.addRoutine(twin, 'twin');
  const [s, t] = [flow.routines.get('s'), flow.routines.get('t')];
  const mapped = (mapping: unknown) => () => flow.connect('s', 'o', 't', 'i', mapping as ParamMapping);

  const table = cases<Call>([
    [
      'an id that is taken (G16)',
      () => flow.addRoutine(new Routine(), 's'),
      'DUPLICATE_ROUTINE',
      { flowId: 'f', routineId: 's' },
      "'f'",
      "'s'",
      /another id/,
    ],
    [
      'a routine under two ids of one flow (API)',
      () => flow.addRoutine(twin, 'again'),
      'ROUTINE_TWICE',
      { flowId: 'f', routineId: 'again', knownAs: 'twin' },
      "'again'",
      "'twin'",
      /second instance/,
    ],
    [
      'an empty id',
      () => flow.addRoutine(new Routine(), ''),
      'BAD_NAME',
      { what: 'routine', value: '' },
      'routine',
      /non-empty string/,
    ],
    [
      'an id that is 5',
      () => flow.addRoutine(new Routine(), 5 as never),
      'BAD_NAME',
      { what: 'routine', value: 5 },
      '5',
      /non-empty string/,
    ],
    [
      'an unknown source (G18)',
      () => flow.connect('nobody', 'o', 't', 'i'),
      'UNKNOWN_ROUTINE',
      { flowId: 'f', routineId: 'nobody' },
      "'nobody'",
      "'s', 't'",
      /addRoutine/,
    ],
    [
      'an unknown target (G18)',
      () => flow.connect('s', 'o', 'nobody', 'i'),
      'UNKNOWN_ROUTINE',
      { flowId: 'f', routineId: 'nobody' },
      "'nobody'",
      /addRoutine/,
    ],
    [
      'an unknown event (G18)',
      () => flow.connect('s', 'typo', 't', 'i'),
      'UNKNOWN_EVENT',
      { routineId: 's', event: 'typo', known: ['o'] },
      "'s'",
      "'typo'",
      "it has 'o'",
      /defineEvent/,
    ],
    [
      'an unknown slot (G18)',
      () => flow.connect('s', 'o', 't', 'typo'),
      'UNKNOWN_SLOT',
      { routineId: 't', slot: 'typo', known: ['i'] },
      "'t'",
      "'typo'",
      "it has 'i'",
      /defineSlot/,
    ],
    [
      'an inherited name for an event (X)',
      () => flow.connect('s', 'constructor', 't', 'i'),
      'UNKNOWN_EVENT',
      { event: 'constructor' },
      "'constructor'",
    ],
    [
      'an inherited name for a routine (X)',
      () => flow.connect('__proto__', 'o', 't', 'i'),
      'UNKNOWN_ROUTINE',
      { routineId: '__proto__' },
      "'__proto__'",
    ],
    [
      'the slot of a routine that was not added',
      () => flow.connect(s?.event('o') as never, stranger.slot('i') as never),
      'UNKNOWN_ROUTINE',
      { flowId: 'f', routineId: stranger.id },
      'This Routine',
      /addRoutine/,
    ],
    [
      'the event of a routine that was not added',
      () => flow.connect(stranger.event('o') as never, t?.slot('i') as never),
      'UNKNOWN_ROUTINE',
      { routineId: stranger.id },
      'This Routine',
      /addRoutine/,
    ],
    ...[5, 'x', null, { a: 1 }, { a: null }, ['a', 'b']].map((value) =>
      option('paramMapping', value, /give renames such as .* or a function/, mapped(value)),
    ),
  ]);

  it.each(table)('should be refused by name, with the remedy: %s', (_, call, expected) => {
    check(thrown(call), expected);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a plain object', { slots: {} }],
    ['a class', Routine],
  ])('should be refused where a routine is %s', (_, value) => {
    const flow = new Flow();
    expect(thrown(() => flow.addRoutine(value as Routine, 'r'))).toBeInstanceOf(FlowError);
    expect(flow.routines.size).toBe(0);
  });

  it('should stand as it stood: nothing of what was refused is kept', () => {
    expect([...flow.routines.keys()]).toEqual(['s', 't', 'twin']);
    expect(flow.connections).toHaveLength(1);
  });

  it('should be right where a routine is in several flows (API)', () => {
    const shared = new Routine();
    const [a, b] = [new Flow(), new Flow()];
    expect([a.addRoutine(shared, 'x'), b.addRoutine(shared, 'y')]).toEqual(['x', 'y']);
  });
});

describe('a run that is asked for wrongly', () => {
  const flow = sample();
  type Ask = readonly [entry: string, params?: Data, options?: ExecuteOptions];
  const run = (options: object): Ask => ['s', {}, options];
  const wrong = (name: string, value: unknown, remedy: RegExp): Row<Ask> => option(name, value, remedy, run({ [name]: value }));

  const table = cases<Ask>([
    ['an unknown entry (SC033)', ['nobody'], 'UNKNOWN_ROUTINE', { flowId: 'f', routineId: 'nobody' }, "'nobody'", /addRoutine/],
    ['an inherited name for an entry (X)', ['constructor'], 'UNKNOWN_ROUTINE', { routineId: 'constructor' }, "'constructor'"],
    ['an entry without a trigger (S27)', ['t'], 'NO_TRIGGER', { flowId: 'f', routineId: 't' }, "'t'", "'trigger'", /defineSlot/],
    ...[5, 'x', null, [1], new Date(0), () => ({}), Promise.resolve({})].map((params): Row<Ask> => [
      'params that are no plain object',
      ['s', params as never],
      'BAD_PAYLOAD',
      { value: params },
      "'s'",
      /wrap the value, as in \{ value: … \}/,
    ]),
    ...[0, -1, NaN, '5', null].map((value) => wrong('timeoutMs', value, MS)),
    ...[0, NaN, 1.5, '2'].map((value) => wrong('maxWorkers', value, WHOLE)),
    [
      'a strategy that does not exist (SC014)',
      run({ executionStrategy: 'x' as never }),
      'BAD_STRATEGY',
      { strategy: 'x' },
      "'x'",
      "'sequential'",
    ],
    ['an empty jobId', run({ jobId: '' }), 'BAD_NAME', { what: 'job', value: '' }, 'job', /non-empty string/],
    ['a jobId that is 5', run({ jobId: 5 as never }), 'BAD_NAME', { what: 'job', value: 5 }, '5', /non-empty string/],
    ...[{}, 5, null, true].map((value) => wrong('signal', value, /give an AbortSignal/)),
    ...[5, 'log', null].map((value) => wrong('output', value, /give .*(function|observer)/i)),
  ]);

  it.each(table)('should be refused by name, with the remedy, before anything runs: %s', async (_, ask, expected) => {
    check(
      thrown(() => flow.start(...ask)),
      expected,
    );
    check(await rejection(flow.execute(...ask)), expected);
    expect(flow.jobs).toEqual([]);
  });

  it('should be refused whatever the error handlers say (SC034, S27)', async () => {
    const tolerant = sample().setErrorHandler(new ErrorHandler({ strategy: 'continue' }));
    tolerant.routines.get('t')?.setAsOptional();
    const job = tolerant.execute('t');
    await expect(job).rejects.toMatchObject({ code: 'NO_TRIGGER' });
    expect(tolerant.jobs).toEqual([]);
  });

  it('should be refused where its job id is in use, and be free again after that job', async () => {
    const { promise, resolve } = deferred();
    const busy = flowOf({ s: { slots: { trigger: () => promise } } }, [], { flowId: 'busy' });
    const job = busy.start('s', {}, { jobId: 'j1' });
    check(await rejection(busy.execute('s', {}, { jobId: 'j1' })), {
      code: 'DUPLICATE_JOB',
      details: { flowId: 'busy', jobId: 'j1' },
      says: ["'busy'", "'j1'", /leave jobId out/],
    });
    resolve();
    await job.done;
    expect((await busy.execute('s', {}, { jobId: 'j1' })).jobId).toBe('j1');
  });

  it('should be refused after a shutdown', async () => {
    const closed = sample();
    await closed.shutdown();
    check(await rejection(closed.execute('s')), { code: 'SHUT_DOWN', details: { flowId: 'f' }, says: ["'f'", /new Flow/] });
  });
});

describe('a flow or a job that is written down or read wrongly', () => {
  const make = (): Routine => new Routine();
  const known = new Registry().register('Routine', make).registerFunction('double', make);
  const noText = (value: unknown): Row<Call>[] => [
    [`a type named ${show(value)}`, () => known.register(value as never, make), 'BAD_NAME', { what: 'type', value }, 'type', /non-empty string/],
    [`a function named ${show(value)}`, () => known.registerFunction(value as never, make), 'BAD_NAME', { what: 'function', value }, 'function', /non-empty string/],
  ]; // prettier-ignore
  const notSaid = (config: unknown, got: string): Row<Call> => [
    `a config that holds ${got}`,
    () => {
      const flow = sample();
      flow.routines.get('t')?.setConfig({ list: [0, config] });
      flow.toJSON();
    },
    'NOT_SERIALISABLE',
    { where: "Flow 'f'", path: 'routines.1.config.list.1', got, expected: 'plain data' },
    "'f'",
    `routines.1.config.list.1 is ${got}`,
    /keep it out, or put plain data in its place/,
  ];

  const table = cases<Call>([
    ['a type twice (G77)', () => known.register('Routine', make), 'DUPLICATE_TYPE', { what: 'type', name: 'Routine' }, "type 'Routine'", /another name/],
    ['a function twice (D28)', () => known.registerFunction('double', show), 'DUPLICATE_TYPE', { what: 'function', name: 'double' }, "function 'double'", /another name/],
    ['a function called like a built-in', () => known.registerFunction('RangeError', show), 'DUPLICATE_TYPE', { what: 'function', name: 'RangeError' }, "'RangeError'"],
    ...['', 5].flatMap(noText),
    option('A', 'code', /give a function/, () => known.register('A', 'code' as never)),
    option('a', {}, /give a function/, () => known.registerFunction('a', {} as never)),
    notSaid(() => 0, 'a function'),
    notSaid(Symbol('s'), 'Symbol(s)'),
    notSaid(new Routine(), 'an instance of Routine'),
    [
      'a mapping that no registry knows (D28)',
      () => {
        const flow = sample();
        flow.connect('s', 'o', 't', 'i', (data) => data);
        flow.toJSON();
      },
      'NOT_SERIALISABLE',
      { path: 'mapping', got: 'a function' },
      "'s.o' → 't.i'",
      /registry\.registerFunction/,
    ],
    ['a flow with routines that is to be filled', () => sample().deserialize(sample().toJSON(), known), 'NOT_EMPTY', { flowId: 'f' }, "'f'", /use Flow\.fromJSON, or an empty flow/],
    [
      'a job on a flow of another structure',
      () => {
        const state = JobState.fromJSON(sample().start('s', {}, { jobId: 'j' }).snapshot());
        const other = sample();
        other.connect('s', 'o', 't', 'i', { a: 'b' });
        other.resume(state);
      },
      'STRUCTURE_CHANGED',
      { flowId: 'f', jobId: 'j' },
      "'f'",
      "'j'",
      /say how it fits with remap, as in \{ remap: /,
    ],
    ['a remap that is no list of ids', () => sample().resume(JobState.fromJSON(sample().start('s').snapshot()), { remap: { s: 5 } as never }), 'BAD_OPTION', { option: 'remap', value: { s: 5 } }, "'remap'", /oldId: newId/],
    ['a state that no flow has begun', () => new Flow({ flowId: 'f' }).resume(JobState.fromJSON({ ...new JobState().toJSON(), flowId: 'f' })), 'UNKNOWN_JOB', { flowId: 'f' }, "'f'"],
  ]); // prettier-ignore

  it.each(table)('should be refused by name, with the remedy: %s', (_, call, expected) => {
    check(thrown(call), expected);
  });
});

describe('a call that comes at the wrong place', () => {
  it('should be refused where the config would change under a job (G12), until the job has ended', async () => {
    const { promise, resolve } = deferred();
    const flow = flowOf({ s: { slots: { trigger: () => promise } }, t: { slots: { i: undefined } } }, ['s.o -> t.i']);
    const target = flow.routines.get('t') ?? new Routine();
    const job = flow.start('s', {}, { jobId: 'j1' });
    check(
      thrown(() => target.setConfig({ a: 1 })),
      { code: 'CONFIG_LOCKED', details: { routineId: target.id, jobIds: ['j1'] }, says: ["'t'", "'j1'", /ctx\.setState/] },
    );
    resolve();
    await job.done;
    expect(target.setConfig({ a: 1 }).config).toEqual({ a: 1 });
  });

  it('should be refused where an event does not exist (G05)', () => {
    const made = routine({});
    check(
      thrown(() => {
        made.emit('typo');
      }),
      {
        code: 'UNKNOWN_EVENT',
        details: { routineId: made.id, event: 'typo', known: ['o'] },
        says: ["'typo'", "'Routine'", /defineEvent/],
      },
    );
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['a text', 'x'],
    ['a list', [1]],
    ['a date', new Date(0)],
    ['a promise', Promise.resolve()],
  ])('should be refused where a payload is %s', (_, data) => {
    const made = routine({ slots: { i: () => undefined } });
    const says = ["'Routine'", /takes one plain object, not .*; wrap the value, as in/];
    const details = { value: data };
    check(
      thrown(() => {
        made.emit('o', data as never);
      }),
      { code: 'BAD_PAYLOAD', details, says: ["Event 'o'", ...says] },
    );
    check(
      thrown(() => made.slot('i')?.receive(data as never)),
      { code: 'BAD_PAYLOAD', details, says: ["Slot 'i'", ...says] },
    );
  });

  it.each<[string, unknown]>([
    [
      'an unknown event',
      (ctx: { emit(event: string): void }) => {
        ctx.emit('typo');
      },
    ],
    [
      'a deferred unknown event',
      (ctx: { emitDeferred(event: string): void }) => {
        ctx.emitDeferred('typo');
      },
    ],
  ])('should be refused in a handler that emits %s, naming the routine by its id in the flow', async (_, call) => {
    const errors: unknown[] = [];
    const flow = flowOf({
      s: {
        slots: {
          trigger: (_data, ctx) =>
            void errors.push(
              thrown(() => {
                (call as (c: typeof ctx) => void)(ctx);
              }),
            ),
        },
      },
    });
    await flow.execute('s');
    check(errors[0], {
      code: 'UNKNOWN_EVENT',
      details: { routineId: 's', event: 'typo', known: ['o'] },
      says: ["'s'", "'typo'"],
    });
  });

  it('should be refused in a handler that hands out what is no plain object', async () => {
    const errors: unknown[] = [];
    const note = (call: () => void): void => void errors.push(thrown(call));
    const flow = flowOf({
      s: {
        slots: {
          trigger: (_, ctx) => {
            note(() => {
              ctx.emit('o', [] as never);
            });
            note(() => {
              ctx.emitDeferred('o', 5 as never);
            });
            note(() => {
              ctx.output('result', 'x' as never);
            });
            note(() => {
              ctx.setState(new Map() as never);
            });
          },
        },
      },
    });
    const { status } = await flow.execute('s');
    expect(status).toBe('completed');
    const offenders = ["Event 'o'", "Event 'o'", "Output 'result'", 'State'];
    expect(errors).toHaveLength(offenders.length);
    errors.forEach((error, place) => {
      check(error, { code: 'BAD_PAYLOAD', details: {}, says: [offenders[place] ?? '', "'s'", /wrap the value/] });
    });
  });

  it.each([-1, NaN])('should be refused where a wait is limited to %d ms', async (timeoutMs) => {
    const { promise, resolve } = deferred();
    const flow = flowOf({ s: { slots: { trigger: () => promise } } });
    const job = flow.start('s');
    check(await rejection(JobState.waitForCompletion(flow, job, { timeoutMs })), {
      code: 'BAD_OPTION',
      details: { option: 'timeoutMs', value: timeoutMs },
      says: ["'timeoutMs'", /ms from 0/],
    });
    resolve();
    await job.done;
  });

  it('should be refused where a job is asked for that the flow does not hold', async () => {
    const state = new JobState();
    check(await rejection(JobState.waitForCompletion(sample(), state)), {
      code: 'UNKNOWN_JOB',
      details: { flowId: 'f', jobId: state.jobId },
      says: ["'f'", state.jobId],
    });
  });
});
