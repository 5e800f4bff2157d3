import fc from 'fast-check';
import { Flow, FlowError, type Job, type JobSnapshot, JobState, type RoutiluxError, WireError } from '../../lib/index.js';
import { patience, runs as usual } from '../support/arbitrary.js';
import { ours, thrown } from '../support/thrown.js';
import { turn, type VirtualTime } from '../support/virtualTime.js';
import { clockAt, MINUTE, MORNING, pausedStory, registry, story } from './sample.js';

// ROUTILUX_LONG makes it 2,500 inputs of each of the four kinds in place of 1,000, which are 10,000; ROUTILUX_FUZZ says how many.
const runs = Number(process.env['ROUTILUX_FUZZ'] ?? Math.min(usual, 2_500));
const long = Math.max(patience, runs * 10);

// ── what must never happen ────────────────────────────────────────────────────────────────────────────────────────

/** What a piece of code in the JSON would raise, if anybody ran it. */
const GLOBAL = globalThis as { evaluated?: number; polluted?: unknown };
const CODE = [
  'globalThis.evaluated++',
  '(() => { globalThis.evaluated++ })()',
  'function () { globalThis.evaluated++ }',
  '${globalThis.evaluated++}',
  '"); globalThis.evaluated++; ("',
  'data:text/javascript,globalThis.evaluated++',
  'process.exit(1)',
];

const shapeOf = (prototype: object): string =>
  Reflect.ownKeys(prototype)
    .map((key) => `${String(key)}:${typeof Object.getOwnPropertyDescriptor(prototype, key)?.value}`)
    .join();

const INTRINSICS = [Object, Array, String, Number, Function, Map, Set, Date, Promise].map(({ prototype }) => prototype as object);
const PRISTINE = INTRINSICS.map(shapeOf);

const nothingChanged = (): void => {
  expect(INTRINSICS.map(shapeOf)).toEqual(PRISTINE);
  expect((Object.getPrototypeOf(Object.prototype) as unknown) ?? GLOBAL.evaluated).toBe(0);
};

// The same inputs each time, so that a rare find does not stop whoever changed something else; ROUTILUX_FUZZ looks for new ones.
if (process.env['ROUTILUX_FUZZ'] === undefined) fc.configureGlobal({ seed: 20_261_125 });

beforeEach(() => {
  GLOBAL.evaluated = 0;
});

/** What is loaded, or undefined for what is refused as it has to be: by one error of this library. */
const loaded = <T>(load: () => T): T | undefined => {
  try {
    return load();
  } catch (error) {
    if (error instanceof WireError || error instanceof FlowError) return void refused(error);
    throw error;
  }
};

const refused = ({ code, message, details }: RoutiluxError): undefined => {
  expect(message.length).toBeLessThan(20_000);
  if (code !== 'BAD_JSON') return;
  const { mismatches } = details as { mismatches: { path: unknown; expected: unknown }[] };
  expect(mismatches.length).toBeGreaterThan(0);
  expect(mismatches.length).toBeLessThanOrEqual(50);
  for (const { path, expected } of mismatches) expect([typeof path, typeof expected]).toEqual(['string', 'string']);
};

const readFlow = (json: unknown): Flow | undefined => loaded(() => Flow.fromJSON(json, registry));
const readJob = (json: unknown): JobState | undefined => loaded(() => JobState.fromJSON(json));

// ── odd JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Tree = Record<string, unknown> | unknown[];

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** Every object and list in a JSON value, outside first. It does not recurse: the odd JSON here is nested thousands deep. */
const treesIn = (json: unknown): Tree[] => {
  const trees = isTree(json) ? [json] : [];
  for (const tree of trees) trees.push(...Object.values(tree).filter(isTree));
  return trees;
};

const set = (tree: Tree, key: string, value: unknown): void => {
  if (Array.isArray(tree) && !/^\d{1,3}$/.test(key)) tree.push(value);
  else define(tree, key, value);
};

const define = (tree: Tree, key: string, value: unknown): void => {
  Object.defineProperty(tree, key, { value, writable: true, enumerable: true, configurable: true });
};

const EVIL = ['__proto__', 'constructor', 'prototype', 'then', 'toString', 'toJSON', 'valueOf', 'hasOwnProperty', '$'];
const KNOWN = [
  'kind',
  'version',
  'id',
  'type',
  'jobId',
  'flowId',
  'status',
  'run',
  'value',
  'connection',
  'order',
  'slots',
  'dueAt',
];

/** A value that is nested deep, told in few words: fast-check cannot print what is deep. */
class Nest {
  constructor(
    readonly wrap: string,
    readonly levels: number,
  ) {}

  get value(): unknown {
    const end = this.wrap.startsWith('[') ? ']' : '}';
    return JSON.parse(this.wrap.repeat(this.levels) + 'null' + end.repeat(this.levels)) as unknown;
  }
}

/** A copy: what fast-check has made must not change. */
const valueOf = (odd: unknown): unknown => (odd instanceof Nest ? odd.value : copyOf(odd));

const copyOf = (json: unknown): unknown => JSON.parse(JSON.stringify(json)) as unknown;

const numbers = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 2, 0.5, -0.5, 1e-300, 1e15, 1e21, 1e308, 2 ** 31, 2 ** 53, Number.MAX_SAFE_INTEGER, 8.64e15),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.nat(5),
);

const texts = fc.oneof(
  fc.constantFrom(...CODE, ...EVIL, '', 'Infinity', '-Infinity', 'NaN', '\ud800', '\0', 'x'.repeat(5_000)),
  fc.constantFrom('paused', 'running', 'completed', 'pending', 'failed', 'cancelled', 'reader', 'parser', 'monday', 'Reader'),
  fc.constantFrom('+275760-09-13T00:00:00.000Z', '-271821-04-20T00:00:00.000Z', '2026-01-05T08:00:00.000Z', '2026-01-05', 'now'),
  fc.string(),
);

const evil = fc
  .tuple(fc.constantFrom(...EVIL), fc.constantFrom<unknown>({ polluted: true }, { toString: null }, null, CODE[0], []))
  .map(([key, value]) => {
    const made = {};
    set(made, key, value);
    return made;
  });

const tagged = fc
  .tuple(fc.constantFrom('date', 'map', 'set', 'bigint', 'undefined', 'number', 'object', 'function'), fc.jsonValue())
  .map(([$, value]) => ({ $, value }));

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, {}, [], [[]], { length: 3 }, { length: -1, 0: 'a' }),
  numbers,
  texts,
  evil,
  tagged,
  fc.jsonValue(),
  fc.tuple(fc.constantFrom('[', '{"a":', '{"__proto__":'), fc.constantFrom(3, 100, 300, 1_200)).map((how) => new Nest(...how)),
);

/** One thing that is done to a JSON value; `pick` are numbers that choose where. */
interface Mutation {
  readonly how: 'replace' | 'delete' | 'add' | 'rename' | 'copy' | 'repeat' | 'swap' | 'toList' | 'toObject';
  readonly pick: readonly [number, number, number, number];
  readonly key: string;
  readonly value: unknown;
}

const mutations: fc.Arbitrary<Mutation> = fc.record({
  how: fc.constantFrom(
    'replace',
    'replace',
    'replace',
    'delete',
    'add',
    'rename',
    'copy',
    'repeat',
    'swap',
    'toList',
    'toObject',
  ),
  pick: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
  key: fc.oneof(fc.constantFrom(...EVIL, ...KNOWN), fc.string()),
  value: odd,
});

const at = <T>(list: readonly T[], place: number): T => list[place % list.length] as T;

const mutate = (json: unknown, { how, pick: [one, two, three, four], key, value: told }: Mutation): void => {
  const value = valueOf(told);
  const trees = treesIn(json);
  const [tree, other] = [at(trees, one), at(trees, three)];
  const keys = Object.keys(tree);
  if (how === 'add') set(tree, Array.isArray(tree) ? String(tree.length) : key, value);
  if (keys.length === 0) return;
  const own = at(keys, two);
  const held: unknown = Reflect.get(tree, own);
  if (how === 'replace') set(tree, own, value);
  else if (how === 'delete') Reflect.deleteProperty(tree, own);
  else if (how === 'rename') rename(tree, own, Array.isArray(tree) ? own : key);
  else if (how === 'copy') set(tree, own, JSON.parse(JSON.stringify(at(trees, four))));
  else if (how === 'repeat' && Array.isArray(tree)) tree.push(...(JSON.parse(JSON.stringify(tree)) as unknown[]));
  else if (how === 'swap') swap(tree, own, other, at([...Object.keys(other), own], four));
  else if (how === 'toList' && isTree(held)) set(tree, own, Object.values(held));
  else if (how === 'toObject' && isTree(held)) set(tree, own, { ...held });
};

const rename = (tree: Tree, from: string, to: string): void => {
  const held: unknown = Reflect.get(tree, from);
  Reflect.deleteProperty(tree, from);
  set(tree, to, held);
};

const swap = (one: Tree, key: string, other: Tree, otherKey: string): void => {
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const [left, right] = [JSON.stringify(a[key]), JSON.stringify(b[otherKey])] as (string | undefined)[];
  set(one, key, JSON.parse(right ?? 'null'));
  set(other, otherKey, JSON.parse(left ?? 'null'));
};

const mutated = (text: string, all: readonly Mutation[]): string => {
  const json: unknown = JSON.parse(text);
  for (const mutation of all) mutate(json, mutation);
  return JSON.stringify(json);
};

/** What is done to a text: it is cut, a part is taken out or put in elsewhere, a key is said twice. */
type Cut = readonly ['cut' | 'out' | 'in' | 'twice', number, number, string];

const cuts: fc.Arbitrary<Cut> = fc.tuple(
  fc.constantFrom('cut', 'out', 'in', 'twice'),
  fc.nat(),
  fc.nat(20),
  fc.oneof(fc.constantFrom('"', '{', ']', ',', ':', '\\', 'e', '-', '0', '{"__proto__":{"polluted":1},', ...CODE), texts),
);

const cut = (text: string, [how, place, length, part]: Cut): string => {
  const from = place % (text.length + 1);
  if (how === 'cut') return text.slice(0, from);
  if (how === 'out') return text.slice(0, from) + text.slice(from + length);
  if (how === 'in') return text.slice(0, from) + part + text.slice(from);
  const key = at(['version', 'kind', 'jobId', 'routines', 'pendingTasks', '__proto__'], place);
  return `{${JSON.stringify(key)}:${JSON.stringify(part)},${text.slice(1, -1)},${JSON.stringify(key)}:${length}}`;
};

// ── what a loaded job must be able to do ──────────────────────────────────────────────────────────────────────────

const FINAL = ['completed', 'failed', 'cancelled'];

/** Goes on with a job; gives it at its end, or where only time keeps it from there; undefined where the flow refuses it. */
const driven = async (state: JobState): Promise<Job | undefined> => {
  const time = clockAt();
  const job = resumed(state, time);
  if (job === undefined) return undefined;
  // Every pause of the story's own is answered: one for each first row.
  for (let round = 0; round < 60 && !FINAL.includes(job.status); round++) {
    if (job.status === 'paused') job.resume();
    await time.advance(2 * MINUTE);
  }
  return settled(job);
};

const resumed = (state: JobState, time: VirtualTime): Job | undefined => {
  const flow = story({ flowId: state.flowId === '' ? 'log' : state.flowId, scheduler: time.scheduler, random: () => 0.5 });
  try {
    return flow.resume(state);
  } catch (error) {
    ours(error);
    expect(flow.jobs).toEqual([]);
    return undefined;
  }
};

/** It has ended, or waits for retries that are due later; then it can be cancelled. Work that is never done would be lost. */
const settled = async (job: Job): Promise<Job> => {
  if (FINAL.includes(job.status)) return job;
  const { pendingTasks } = job.state;
  expect([job.status, pendingTasks.length > 0 && pendingTasks.every(({ dueAt }) => dueAt !== undefined)]).toEqual([
    'running',
    true,
  ]);
  expect((await job.cancel()).status).toBe('cancelled');
  return job;
};

const checkJob = async (json: unknown): Promise<string> => {
  const state = readJob(json);
  if (state === undefined) return 'refused';
  const text = JSON.stringify(state.toJSON());
  expect(JSON.stringify(JobState.fromJSON(text).toJSON())).toBe(text);
  if (FINAL.includes(state.status)) return 'final';
  const job = await driven(state);
  if (job === undefined) return 'not resumed';
  const after = JSON.stringify(job.snapshot());
  // A number at the very end of what is read has been counted on beyond it.
  if (!/\d{16}|e\+|null/.test(after)) expect(JSON.stringify(JobState.fromJSON(after).toJSON())).toBe(after);
  return job.status;
};

const checkFlow = async (json: unknown): Promise<string> => {
  const flow = readFlow(json);
  if (flow === undefined) return 'refused';
  const text = JSON.stringify(flow);
  expect(JSON.stringify(Flow.fromJSON(text, registry))).toBe(text);
  for (const { code } of flow.validate(registry)) expect(code).toMatch(/^[A-Z_]+$/);
  return 'loaded';
};

/** Valid JSON of jobs at different times of their lives. */
const seeds = async (): Promise<{ flow: string; jobs: string[] }> => {
  const { job, time, flow } = await pausedStory();
  const paused = JSON.stringify(job.snapshot());
  job.resume();
  await turn();
  const waiting = JSON.stringify(job.snapshot());
  await time.advance(2 * MINUTE);
  const fresh = JSON.stringify(story({ scheduler: clockAt().scheduler }).start('reader', { lines: 2 }).snapshot());
  const ended = JSON.stringify(job.snapshot());
  return { flow: JSON.stringify(flow), jobs: [paused, paused, waiting, fresh, ended, JSON.stringify(new JobState())] };
};

/** How often each outcome came. */
const tally = (): { note: (outcome: string) => void; of: (...outcomes: string[]) => number } => {
  const counts = new Map<string, number>();
  return {
    note: (outcome) => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1),
    of: (...outcomes) => outcomes.reduce((sum, outcome) => sum + (counts.get(outcome) ?? 0), 0),
  };
};

const few = fc.array(mutations, { minLength: 1, maxLength: 4 });

describe('hostile JSON', () => {
  it(
    'of a job should be refused by one error, or be a job that can be driven to its end (issue 3, X)',
    async () => {
      const { jobs } = await seeds();
      const outcomes = tally();
      await fc.assert(
        fc.asyncProperty(fc.nat(jobs.length - 1), few, fc.boolean(), async (which, all, asText) => {
          const text = mutated(jobs[which] as string, all);
          outcomes.note(await checkJob(asText ? text : JSON.parse(text)));
          nothingChanged();
        }),
        { numRuns: runs },
      );
      // The law is worth nothing if everything is refused at the door.
      expect(outcomes.of('completed', 'failed', 'cancelled')).toBeGreaterThan(runs / 50);
      expect(outcomes.of('refused')).toBeGreaterThan(runs / 10);
    },
    long,
  );

  it(
    'of a flow should be refused by one error, or be a flow (issue 3, X)',
    async () => {
      const { flow } = await seeds();
      const outcomes = tally();
      await fc.assert(
        fc.asyncProperty(few, fc.boolean(), async (all, asText) => {
          const text = mutated(flow, all);
          outcomes.note(await checkFlow(asText ? text : JSON.parse(text)));
          nothingChanged();
        }),
        { numRuns: runs },
      );
      expect(outcomes.of('loaded')).toBeGreaterThan(runs / 50);
      expect(outcomes.of('refused')).toBeGreaterThan(runs / 10);
    },
    long,
  );

  it(
    'that was cut, spliced, or says a key twice should be refused by one error, or load (issue 3, X)',
    async () => {
      const { flow, jobs } = await seeds();
      await fc.assert(
        fc.asyncProperty(fc.nat(jobs.length), fc.array(cuts, { minLength: 1, maxLength: 3 }), async (which, all) => {
          const text = all.reduce(cut, jobs[which] ?? flow);
          if (which < jobs.length) await checkJob(text);
          else await checkFlow(text);
          nothingChanged();
        }),
        { numRuns: runs },
      );
    },
    long,
  );

  it('that is any JSON at all should be refused by both doors', () => {
    fc.assert(
      fc.property(odd, (told) => {
        const json = valueOf(told);
        for (const each of [json, JSON.stringify(json)]) expect([readFlow(each), readJob(each)]).toEqual([undefined, undefined]);
        nothingChanged();
      }),
      { numRuns: runs },
    );
  });

  it('of the other kind should be refused by both doors', async () => {
    const { flow, jobs } = await seeds();
    expect(thrown(() => JobState.fromJSON(flow))).toMatchObject({ code: 'BAD_JSON' });
    expect(thrown(() => Flow.fromJSON(jobs[0], registry))).toMatchObject({ code: 'BAD_JSON' });
  });

  it.each(EVIL)(
    'should have a key %s ignored wherever it has no meaning, and hold it where it is the user’s (X)',
    async (key) => {
      const { flow, jobs } = await seeds();
      const spiked = (text: string): unknown => {
        const json: unknown = JSON.parse(text);
        for (const tree of treesIn(json)) if (!Array.isArray(tree) && tree['$'] === undefined) set(tree, key, { polluted: true });
        return json;
      };
      readFlow(spiked(flow));
      readFlow(JSON.stringify(spiked(flow)));
      for (const text of jobs) for (const json of [spiked(text), JSON.stringify(spiked(text))]) readJob(json);
      nothingChanged();
      expect(({} as typeof GLOBAL).polluted).toBeUndefined();
      if (key === '$') return;
      const top = (text: string): unknown => {
        const json = JSON.parse(text) as Tree;
        set(json, key, { polluted: true });
        return json;
      };
      expect(JSON.stringify(readFlow(top(flow)))).toBe(flow);
      expect(JSON.stringify(readJob(top(jobs[0] as string)))).toBe(jobs[0]);
      const shared = JSON.parse(jobs[0] as string) as { sharedData: Tree };
      set(shared.sharedData, key, { polluted: true });
      const back = readJob(shared)?.sharedData as object;
      expect(Object.getOwnPropertyDescriptor(back, key)?.value).toEqual({ polluted: true });
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    },
  );
});

// ── a few by hand ─────────────────────────────────────────────────────────────────────────────────────────────────

describe('JSON of a job', () => {
  const withPatch = async (patch: (json: Record<string, never>) => void): Promise<unknown> => {
    const json = JSON.parse((await seeds()).jobs[0] as string) as Record<string, never>;
    patch(json);
    return json;
  };

  type Part = Record<string, unknown>;
  type Parts = Record<string, Part[]>;
  const rows: readonly [string, (json: Parts & { run: Part; dropped: Part }) => void, string][] = [
    ['a negative counter', (json) => { (json['routineStates']?.[0] as Part)['completed'] = -1; }, 'routineStates.0.completed'],
    ['half a counter', (json) => { (json['routineStates']?.[0] as Part)['retryCount'] = 0.5; }, 'routineStates.0.retryCount'],
    ['a huge counter', (json) => { (json['routineStates']?.[0] as Part)['failed'] = 1e300; }, 'routineStates.0.failed'],
    ['attempt 0', (json) => { (json['pendingTasks']?.[0] as Part)['attempt'] = 0; }, 'pendingTasks.0.attempt'],
    ['a task id twice', (json) => { (json['pendingTasks']?.[1] as Part)['taskId'] = json['pendingTasks']?.[0]?.['taskId']; }, 'pendingTasks.1'],
    ['a task id of another job', (json) => { (json['pendingTasks']?.[0] as Part)['taskId'] = 'tuesday:1.0'; }, 'pendingTasks.0.taskId'],
    ['a task id from the future', (json) => { (json['pendingTasks']?.[0] as Part)['taskId'] = 'monday:999.0'; }, 'pendingTasks.0.taskId'],
    ['a dangling connection', (json) => { (json['pendingTasks']?.[0] as Part)['connection'] = 99; }, 'pendingTasks.0.connection'],
    ['a payload that is a list', (json) => { (json['pendingTasks']?.[0] as Part)['data'] = [1]; }, 'pendingTasks.0.data'],
    ['a due time that is none', (json) => { (json['pendingTasks']?.[1] as Part)['dueAt'] = '2026-13-01T00:00:00.000Z'; }, 'pendingTasks.1.dueAt'],
    ['a routine twice', (json) => { json['routineStates']?.push({ ...json['routineStates'][0] }); }, 'routineStates.4'],
    ['a status that is none', (json) => { Object.assign(json, { status: 'sleeping' }); }, 'status'],
    ['the status running', (json) => { Object.assign(json, { status: 'running' }); }, 'status'],
    ['an end with tasks left', (json) => { Object.assign(json, { status: 'completed' }); }, 'pendingTasks'],
    ['no time left to be negative', (json) => { json.run['leftMs'] = -1; }, 'run.leftMs'],
    ['no workers', (json) => { json.run['maxWorkers'] = 0; }, 'run.maxWorkers'],
    ['a negative drop', (json) => { json.dropped['tasks'] = -5; }, 'dropped.tasks'],
  ]; // prettier-ignore

  it.each(rows)('with %s should be refused, by its path (issue 3)', async (_, patch, path) => {
    const json = await withPatch(patch as never);
    const { code, details } = ours(thrown(() => JobState.fromJSON(json)));
    expect(code).toBe('BAD_JSON');
    expect((details['mismatches'] as { path: string }[]).map((each) => each.path)).toContain(path);
  });

  it.each<[string, string, string]>([
    ['routine', 'routineId', 'UNKNOWN_ROUTINE'],
    ['slot', 'slot', 'UNKNOWN_SLOT'],
  ])('with a task for a %s that is missing should load, and be refused by the flow (SC084)', async (_, key, code) => {
    for (const value of ['nobody', '__proto__', 'constructor']) {
      const json = await withPatch((all) =>
        Object.assign((all as unknown as Parts)['pendingTasks']?.[0] as Part, { [key]: value }),
      );
      const state = JobState.fromJSON(json);
      const flow = story();
      expect(thrown(() => flow.resume(state))).toMatchObject({ name: 'FlowError', code });
      expect(flow.jobs).toEqual([]);
    }
  });

  it.each([3, 99, 0, -1, 1.5, '1', null])(
    'of version %p should be refused, naming the newest that is read (SC092)',
    async (version) => {
      const json = await withPatch((all) => Object.assign(all, { version }));
      expect(thrown(() => JobState.fromJSON(json))).toMatchObject({
        name: 'WireError',
        code: 'UNKNOWN_VERSION',
        details: { version, newest: 2 },
      });
    },
  );

  it.each([...CODE])('should carry the text %s as a text wherever it stands, and run nothing (X)', async (code) => {
    const { flow, jobs } = await seeds();
    const all = (text: string): string =>
      JSON.stringify(JSON.parse(text), (_, value: unknown) => (typeof value === 'string' ? code : value));
    readFlow(all(flow));
    for (const text of jobs) readJob(all(text));
    const json = await withPatch((each) => Object.assign(each, { sharedData: { code }, reason: code }));
    expect(readJob(json)).toMatchObject({ sharedData: { code }, reason: code });
    nothingChanged();
  });
});

// ── how much ──────────────────────────────────────────────────────────────────────────────────────────────────────

describe('JSON that asks for too much', () => {
  const spots: readonly [string, (text: string) => string][] = [
    ['in place of all', (deep) => deep],
    ['in the data of a user', (deep) => `{"kind":"routilux/job","version":1,"sharedData":{"a":${deep}}}`],
    ['in place of a list', (deep) => `{"kind":"routilux/flow","version":1,"routines":${deep}}`],
    ['under a key nobody knows', (deep) => `{"kind":"routilux/flow","version":1,"extra":${deep}}`],
    ['in the version', (deep) => `{"kind":"routilux/job","version":${deep}}`],
    ['in the kind', (deep) => `{"kind":${deep}}`],
  ];

  it.each(spots)('should be refused where it is nested 10,000 and 100,000 levels deep %s (issue 3)', (_, put) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['{"$":"set","value":[', ']}'],
      ['{"__proto__":', '}'],
    ] as const) {
      // prettier-ignore
      for (const levels of [10_000, 100_000]) {
        const text = put(open.repeat(levels) + 'null' + close.repeat(levels));
        for (const json of [text, JSON.parse(text)]) {
          for (const load of [() => Flow.fromJSON(json, registry), () => JobState.fromJSON(json)]) {
            const error = ours(thrown(load));
            expect(error).toMatchObject({ name: 'WireError', code: 'BAD_JSON' });
            expect(error.message).toContain('maxDepth');
          }
        }
      }
    }
  });

  it('should be refused where a text has 50 MB, and be read where the limit is raised (issue 3)', async () => {
    const huge = 'x'.repeat(50_000_000);
    const job = JSON.parse((await seeds()).jobs[0] as string) as { sharedData: Record<string, unknown> };
    job.sharedData = { long: huge };
    const text = JSON.stringify(job);
    const error = ours(thrown(() => JobState.fromJSON(text)));
    expect(error).toMatchObject({ name: 'WireError', code: 'BAD_JSON' });
    expect(error.message).toMatch(/maxString/);
    expect(error.message.length).toBeLessThan(1_000);
    expect(JobState.fromJSON(text, { maxString: 50_000_000 }).sharedData['long'] === huge).toBe(true);
    expect(ours(thrown(() => Flow.fromJSON({ ...story().toJSON(), flowId: huge }, registry))).message).toMatch(/maxString/);
    expect(Flow.fromJSON({ ...story().toJSON(), flowId: huge }, registry, { maxString: Infinity }).flowId === huge).toBe(true);
  });

  it('should be refused by lower limits, which are options', async () => {
    const [text = ''] = (await seeds()).jobs;
    expect(thrown(() => JobState.fromJSON(text, { maxDepth: 3 }))).toMatchObject({ code: 'BAD_JSON' });
    expect(thrown(() => JobState.fromJSON(text, { maxString: 5 }))).toMatchObject({ code: 'BAD_JSON' });
    expect(thrown(() => new JobState().deserialize(text, { maxDepth: 3 }))).toMatchObject({ code: 'BAD_JSON' });
    expect(thrown(() => new Flow().deserialize(story().toJSON(), registry, { maxString: 5 }))).toMatchObject({
      code: 'BAD_JSON',
    });
  });

  it('should list a few of a million faults, and not all (issue 3)', () => {
    const json = { kind: 'routilux/job', version: 1, history: Array(1_000_000).fill(7), pendingTasks: Array(100_000).fill({}) };
    const { message, details } = ours(thrown(() => JobState.fromJSON(json)));
    expect((details['mismatches'] as unknown[]).length).toBeLessThan(50);
    expect(message.length).toBeLessThan(10_000);
  });
});

// ── positive controls ─────────────────────────────────────────────────────────────────────────────────────────────

describe('the law', () => {
  /** Keys are assigned into what is there already, as many a merge of settings does. */
  const naive = (json: unknown, into: Record<string, unknown> = {}): Record<string, unknown> => {
    for (const [key, value] of Object.entries(json as object)) {
      if (!isTree(value)) into[key] = value;
      else naive(value, (into[key] ??= {}) as Record<string, unknown>);
    }
    return into;
  };

  const reads = async (decode: (json: unknown) => unknown): Promise<fc.RunDetails<[Mutation[]]>> => {
    const [text = ''] = (await seeds()).jobs;
    const property = fc.property(few, (all) => {
      try {
        loaded(() => decode(JSON.parse(mutated(text, all))));
        nothingChanged();
      } finally {
        GLOBAL.evaluated = 0;
      }
    });
    return fc.check(property, { numRuns: 2_000, endOnFailure: true });
  };

  it('should be seen to fail where a decoder assigns keys into {} (positive control)', async () => {
    // One input, and not any: what else it might write over, of the platform or of jest, could not be put back.
    const [text = ''] = (await seeds()).jobs;
    const hostile = text.replace('{', '{"__proto__":{"polluted":true},');
    try {
      expect(() => {
        naive(JSON.parse(hostile));
        nothingChanged();
      }).toThrow();
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
    JobState.fromJSON(hostile);
    nothingChanged();
  });

  it('should be seen to fail where a decoder runs the texts that look like code (positive control)', async () => {
    const running = (json: unknown): void => {
      for (const value of treesIn(json).flatMap((tree) => Object.values<unknown>(tree)))
        if (typeof value === 'string' && value.startsWith('globalThis.')) GLOBAL.evaluated = (GLOBAL.evaluated ?? 0) + 1;
    };
    expect((await reads(running)).failed).toBe(true);
  });

  it('should be seen to fail where a decoder trusts the shape (positive control)', async () => {
    const trusting = (json: unknown): unknown => (json as JobSnapshot).pendingTasks.map(({ taskId }) => taskId.split(':'));
    expect((await reads(trusting)).failed).toBe(true);
  });

  it('should hold for the decoder of this library by the same check', async () => {
    expect(fc.defaultReportMessage(await reads((json) => JobState.fromJSON(json)))).toBeUndefined();
  });
});

it('should have begun on a Monday morning', () => {
  expect(new Date(MORNING).getUTCDay()).toBe(1);
});
