import { type Connection, ErrorHandler, Flow, type FlowOptions, Registry, Routine, type RoutiluxError } from '../lib/index.js';
import { flowOf, routine } from './support/flows.js';
import { ours, thrown } from './support/thrown.js';

class Doubler extends Routine {
  readonly output = this.defineEvent('o');
  readonly input = this.defineSlot('in', () => undefined);

  constructor() {
    super();
    this.defineSlot('trigger', () => undefined);
    this.defineEvent('o.x');
  }
}

/** A flow without a name, with routines of these ids. */
const unnamed = (...ids: readonly string[]): Flow => {
  const flow = new Flow();
  for (const id of ids) flow.addRoutine(new Doubler(), id);
  return flow;
};

const connecting =
  (flow: Flow, ...ends: readonly unknown[]): (() => Connection) =>
  () =>
    (flow.connect as (...given: unknown[]) => Connection)(...ends);

const NOWHERE = new Doubler();

/** What a user may do wrong, and what is said. */
const WRONG: readonly (readonly [string, () => unknown, string, RegExp])[] = [
  [
    'an end without a dot',
    connecting(unnamed('a', 'c'), 'a', 'c.in'),
    'BAD_OPTION',
    /'source' is 'a'; give the routine and its event: 'a\.o', 'a\.o\.x'\./,
  ],
  [
    'a second end without a dot',
    connecting(unnamed('a', 'c'), 'a.o', 'c'),
    'BAD_OPTION',
    /'target' is 'c'; give the routine and its slot: 'c\.in', 'c\.trigger'\./,
  ],
  [
    'three names',
    connecting(unnamed('a', 'c'), 'a', 'o', 'c'),
    'BAD_OPTION',
    /'targetSlot' is undefined; give a string: sourceId, sourceEvent/,
  ],
  ['one end', connecting(unnamed('a'), 'a.o'), 'BAD_OPTION', /'target' is undefined/],
  ['nothing', connecting(unnamed('a')), 'BAD_OPTION', /'source' is undefined/],
  ['an id that is a number', connecting(unnamed('a'), 1, 'o', 'c', 'in'), 'BAD_OPTION', /'sourceId' is 1/],
  [
    'a slot before its event',
    connecting(unnamed(), NOWHERE.input, NOWHERE.output),
    'BAD_OPTION',
    /'source' is an instance of Slot; give an event/,
  ],
  ['a routine for an end', connecting(unnamed(), NOWHERE, NOWHERE.input), 'BAD_OPTION', /'source' is an instance of Doubler/],
  ['an event and a name', connecting(unnamed(), NOWHERE.output, 'c.in'), 'BAD_OPTION', /'target' is 'c\.in'; give a slot/],
  [
    'an event of a routine that is in no flow',
    connecting(unnamed('c'), NOWHERE.output, NOWHERE.input),
    'UNKNOWN_ROUTINE',
    /^This Doubler is not in this flow; it has 'c'\./,
  ],
  [
    'a link before there is a routine',
    connecting(unnamed(), 'a.o', 'c.in'),
    'UNKNOWN_ROUTINE',
    /^This flow has no routine 'a'; it has no routines\./,
  ],
  ['an event that is not there', connecting(unnamed('a', 'c'), 'a.p', 'c.in'), 'UNKNOWN_EVENT', /^Routine 'a' has no event 'p'/],
  [
    'an event of a routine with a dot',
    connecting(unnamed('a.b', 'c'), 'a.b.p', 'c.in'),
    'UNKNOWN_EVENT',
    /^Routine 'a\.b' has no event 'p'/,
  ],
  [
    'an entry that is a routine',
    () => unnamed('a').start(NOWHERE as never),
    'BAD_OPTION',
    /'entry' is an instance of Doubler; give the id of a routine, or one of its slots/,
  ],
  ['an entry that is nothing', () => unnamed('a').start(undefined as never), 'BAD_OPTION', /'entry' is undefined/],
  [
    'an entry without routines',
    () => new Flow().start('a'),
    'UNKNOWN_ROUTINE',
    /^This flow has no routine 'a'; it has no routines/,
  ],
  [
    'an entry without a trigger',
    () => flowOf({ a: {} }).start('a'),
    'NO_TRIGGER',
    /^Routine 'a' of this flow has no slot 'trigger'/,
  ],
  [
    'a second slot of a name',
    () => new Doubler().defineSlot('in'),
    'DUPLICATE_SLOT',
    /^Routine 'Doubler' already has a slot 'in'/,
  ],
  [
    'a second event of a name',
    () => new Doubler().defineEvent('o'),
    'DUPLICATE_EVENT',
    /^Routine 'Doubler' already has an event 'o'/,
  ],
  [
    'a payload that is none',
    () => new Doubler().emit('o', 5 as never),
    'BAD_PAYLOAD',
    /^Event 'o' of routine 'Doubler' takes one plain object/,
  ],
  [
    'an event of another routine',
    () => new Doubler().emit(NOWHERE.output),
    'UNKNOWN_EVENT',
    /^Routine 'Doubler' has no event 'o'/,
  ],
  [
    'an event of a routine without events',
    () => routine({ events: [] }).emit('p'),
    'UNKNOWN_EVENT',
    /^Routine 'Routine' has no event 'p'; it has no events/,
  ],
  ['a config that is none', () => new Doubler().setConfig(5 as never), 'BAD_PAYLOAD', /^The config of routine 'Doubler'/],
  [
    'a routine that is shut down',
    () => {
      const flow = unnamed('a');
      void flow.shutdown();
      return flow.start('a');
    },
    'SHUT_DOWN',
    /^This flow has been shut down/,
  ],
  [
    'a routine that is in the flow',
    () => {
      const flow = unnamed();
      flow.addRoutine(NOWHERE, 'n');
      return flow.addRoutine(NOWHERE, 'm');
    },
    'ROUTINE_TWICE',
    /^This routine is already in this flow, as 'n'/,
  ],
  [
    'a second routine of an id',
    () => unnamed('a').addRoutine(new Doubler(), 'a'),
    'DUPLICATE_ROUTINE',
    /^This flow already has a routine 'a'/,
  ],
  [
    'a config that cannot be written',
    () => {
      const flow = unnamed();
      flow.addRoutine(new Doubler().setConfig({ at: () => 1 }), 'a');
      return flow.toJSON();
    },
    'NOT_SERIALISABLE',
    /^This flow cannot be written down/,
  ],
  [
    'an error handler that cannot be written',
    () => new Flow({ errorHandler: new ErrorHandler({ strategy: 'retry', retryOn: () => true }) }).toJSON(),
    'NOT_SERIALISABLE',
    /^The error handler of this flow/,
  ],
];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/;

describe('a message (D42)', () => {
  it.each(WRONG)('should name what was given by the names that a user has given: %s', (_, wrong, code, says) => {
    const error = ours(thrown(wrong));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
    expect(error.message).not.toMatch(UUID);
    expect(error.message).not.toContain('[object');
    expect(error.message).not.toMatch(/\(\)|: ;|it has \./);
  });

  it('should name a flow and a routine that have names', () => {
    const flow = new Flow({ flowId: 'orders' });
    const doubler = new Doubler();
    flow.addRoutine(doubler, 'doubler');
    expect(ours(thrown(() => flow.start('a'))).message).toContain("Flow 'orders' has no routine 'a'");
    expect(ours(thrown(() => doubler.emit('p'))).message).toContain("Routine 'doubler' has no event 'p'");
  });

  it.each<[string, (text: string) => unknown]>([
    ['an option', (text) => new Flow({ isolation: text as never })],
    ['an id', (text) => new Flow({ flowId: text }).start('a')],
    ['many ids', (text) => unnamed(...Array.from({ length: 30 }, (__, n) => `${n}${text.slice(0, 300)}`)).start('a')],
    ['a link', (text) => unnamed('a').connect(`a.${text}`, 'a.in')],
    ['a strategy', (text) => new ErrorHandler({ strategy: text as never })],
    ['JSON', (text) => Flow.fromJSON(text, new Registry())],
    [
      'JSON that names a type',
      (text) =>
        Flow.fromJSON(
          { ...new Flow().toJSON(), routines: [{ id: 'r', type: text, config: {}, slots: [], events: [] }] },
          new Registry(),
        ),
    ],
  ])('should be at most 2,000 characters long, however long what it speaks of is (D46): %s', (_, wrong) => {
    const error = thrown(() => wrong('x'.repeat(1_000_000))) as RoutiluxError;
    expect(error.message.length).toBeLessThanOrEqual(2_000);
    expect(error.message.length).toBeGreaterThan(20);
  });

  it('should list few of many faults in JSON, and few of many registered types (D46)', () => {
    const registry = new Registry();
    for (let n = 0; n < 500; n++) registry.register(`Type${n}`, () => new Routine());
    const routines = Array.from({ length: 5_000 }, (_, n) => ({ id: `r${n}`, type: 'x', config: {}, slots: [], events: [] }));
    const error = thrown(() => Flow.fromJSON({ ...new Flow().toJSON(), routines }, registry)) as RoutiluxError;
    expect(error.details['mismatches']).toHaveLength(20);
    expect(error.message).toContain("a type that is registered ('Type0', 'Type1'");
    expect(error.message.length).toBeLessThanOrEqual(2_000);
  });

  it('should be told of a failure of a handler with an endless message, too', async () => {
    const flow = flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('x'.repeat(100_000))) } } });
    expect((await flow.execute('s')).error?.message.length).toBe(2_000);
  });
});

describe('a place written short (D42)', () => {
  it.each<[string, readonly string[], string, string, string]>([
    ['an id with a dot', ['a.b', 'c'], 'a.b.o', 'a.b', 'o'],
    ['an event with a dot', ['a', 'c'], 'a.o.x', 'a', 'o.x'],
    ['both', ['a.b', 'c'], 'a.b.o.x', 'a.b', 'o.x'],
  ])('should be read by the one reading that fits: %s', (_, ids, end, sourceId, sourceEvent) => {
    expect(unnamed(...ids).connect(end, 'c.in')).toMatchObject({ sourceId, sourceEvent, targetId: 'c', targetSlot: 'in' });
  });

  it('should be refused with two readings, naming both, in whatever call', async () => {
    const flow = unnamed('a', 'c');
    const other = new Doubler();
    other.defineEvent('x');
    other.defineSlot('in.x');
    flow.addRoutine(other, 'a.o');
    const both = "it may be event 'x' of routine 'a.o', or event 'o.x' of routine 'a'.";
    const refusal = ours(thrown(() => flow.connect('a.o.x', 'c.in')));
    expect(refusal.code).toBe('BAD_OPTION');
    expect(refusal.message).toContain(both);
    const job = flow.start('c');
    expect(ours(thrown(() => job.event$('a.o.x'))).message).toContain(both);
    await job.done;
  });
});

describe('the timeout of a job in a loop (D42)', () => {
  const loop = (options: FlowOptions): Flow =>
    flowOf(
      {
        s: { slots: { trigger: (_, ctx) => ctx.emit('o') } },
        a: { slots: { i: (_, ctx) => ctx.emit('o') } },
        b: { slots: { i: (_, ctx) => ctx.emit('o') } },
      },
      ['s.o -> a.i', 'a.o -> b.i', 'b.o -> a.i'],
      options,
    );

  it.each<FlowOptions>([{}, { metrics: false }, { maxWorkers: 4 }])(
    'should name the routine, and not ask for more time: %j',
    async (options) => {
      const { error } = await loop(options).execute('s', {}, { timeoutMs: 1_000 });
      expect(error?.message).toMatch(
        /routine '[ab]' has run \d{4,} times, and its connections lead back to it: see to it that this loop has an end\./,
      );
      expect(error?.message).not.toContain('raise');
    },
  );

  it('should ask for more time if the loop has just begun, or a routine that runs often leads nowhere', async () => {
    const slow = flowOf({ s: { slots: { trigger: (_, ctx) => ctx.emit('o'), i: () => new Promise(() => undefined) } } }, [
      's.o -> s.i',
    ]);
    expect((await slow.execute('s', {}, { timeoutMs: 5 })).error?.message).toContain('raise executionTimeoutMs');
    const wide = flowOf(
      {
        s: {
          slots: {
            trigger: (_, ctx) => {
              for (let n = 0; n < 1_500; n++) ctx.emit('o');
              ctx.emit('last');
            },
          },
          events: ['o', 'last'],
        },
        t: { slots: { i: () => undefined, last: () => new Promise(() => undefined) } },
      },
      ['s.o -> t.i', 's.last -> t.last'],
    );
    expect((await wide.execute('s', {}, { timeoutMs: 200 })).error?.message).toContain('raise executionTimeoutMs');
  });
});
