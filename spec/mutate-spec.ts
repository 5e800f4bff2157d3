import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Asks the pieces of `.ci/mutate`, which are modules, in a process of its own. */
const ask = async <T>(question: string, asked: unknown): Promise<T> => {
  const child = [join(__dirname, 'mutate-child.mjs'), question, JSON.stringify(asked)];
  const { stdout } = await promisify(execFile)(process.execPath, child, { maxBuffer: 1e8 });
  return JSON.parse(stdout) as T;
};

const DECLARED =
  'export declare const a: number, b: number, t: boolean, s: string | undefined, o: { p?: { q: number } }, f: () => void;';

/** A statement, and what becomes of it. */
const KINDS: readonly (readonly [kind: string, statement: string, made: readonly string[]])[] = [
  ['a condition', 'if (t) f();', ['if (true) f();', 'if (false) f();', 'if (t) ;']],
  [
    'a condition of an expression',
    'export const x = t ? a : b;',
    ['export const x = true ? a : b;', 'export const x = false ? a : b;'],
  ],
  ['a loop', 'while (t) f();', ['while (false) f();', 'while (t) ;']],
  ['and, or', 'export const x = t && f;', ['export const x = t || f;']],
  ['a comparison', 'export const x = a < b;', ['export const x = a <= b;', 'export const x = a >= b;']],
  ['an equality', 'export const x = a === b;', ['export const x = a !== b;']],
  ['arithmetic', 'export const x = a + b;', ['export const x = a - b;']],
  [
    'a counter',
    'export const x = (n: number) => { n++; };',
    ['export const x = (n: number) => { n--; };', 'export const x = (n: number) => { ; };'],
  ],
  ['a negation', 'export const x = !t;', ['export const x = t;']],
  ['an optional chain', 'export const x = o.p?.q;', ['export const x = o.p.q;']],
  ['a fallback', 'export const x = o.p ?? a;', ['export const x = o.p;', 'export const x = a;']],
  [
    'a fallback of what may be falsy',
    'export const x = s ?? a;',
    ['export const x = s;', 'export const x = a;', 'export const x = s || a;'],
  ],
  ['a fallback to nothing', "export const x = s ?? '';", ['export const x = s;', "export const x = '';"]],
  ['a statement', 'f();', [';']],
  [
    'a block',
    'export const x = () => { f(); f(); };',
    ['{}', '{ ; f(); }', '{ f(); ; }'].map((body) => `export const x = () => ${body};`),
  ],
  [
    'a result',
    'export const x = () => a > b;',
    ['true', 'false', 'a >= b', 'a <= b'].map((body) => `export const x = () => ${body};`),
  ],
  ['a list as a result', 'export const x = (y: number[]) => y;', ['export const x = (y: number[]) => [];']],
  ['a text', "export const x = 'one';", ["export const x = '';"]],
  ['a list', 'export const x = [a];', ['export const x = [];']],
  ['an object', 'export const x = { a };', ['export const x = {};']],
  ['a truth value', 'export const x = true;', ['export const x = false;']],
  ['what is spread', 'export const x = [a, ...[b]];', ['[]', '[a, ...[]]'].map((list) => `export const x = ${list};`)],
  ['a call that leaves out', 'export const x = [a].slice();', ['export const x = [a];', 'export const x = [].slice();']],
  ['a twin', 'export const x = Math.max(a, b);', ['export const x = Math.min(a, b);']],
  ['a wording', "export const x = 'two words';", []],
  ['a type', "export type X = 'one' | 'two';", []],
  ['an import', "import { type Flow } from './Flow.js';\nexport type X = Flow;", []],
];

describe('the mutations of a source', () => {
  let made: readonly (readonly string[])[] = [];

  beforeAll(async () => {
    made = await ask(
      'mutations',
      KINDS.map(([, statement]) => `${DECLARED}\n${statement}`),
    );
  });

  it.each(KINDS.map(([kind, , expected], n) => ({ kind, expected, n })))(
    'should be those of $kind, and no others',
    ({ expected, n }) => {
      expect([...(made[n] ?? [])].sort()).toEqual([...expected].sort());
    },
  );

  it('should be passed over if they do not compile', async () => {
    const [compile] = await ask<(readonly string[])[]>('compiling', [`${DECLARED}\nexport const x = o.p?.q, y = !t;`]);
    expect(compile).toEqual(['export const x = o.p?.q, y = t;']);
  });
});

interface Sample {
  readonly taken: readonly string[];
  readonly refused: number;
}

const TEXT =
  "export const one = (a: number) => a > 1;\nexport const two = (a: number) => [a, 'x'];\nexport const three = (a: number) => a + 1;\n";

describe('a sample of mutations', () => {
  let samples: readonly Sample[] = [];

  beforeAll(async () => {
    const asked = [
      { text: TEXT, seed: '1', count: 3 },
      { text: TEXT, seed: '1', count: 3 },
      { text: TEXT, seed: '2', count: 3 },
      { text: `const before = () => 'before';\n${TEXT}`, seed: '1', count: 100 },
      { text: TEXT, seed: '1', count: 100 },
    ];
    samples = await ask('sample', asked);
  });

  it('should be the same for the same seed, and another for another', () => {
    expect(samples[0]?.taken).toHaveLength(3);
    expect(samples[1]).toEqual(samples[0]);
    expect(samples[2]?.taken).not.toEqual(samples[0]?.taken);
  });

  it('should keep its order if something else comes into the file', () => {
    expect(samples[3]?.taken.filter((line) => !line.includes('before'))).toEqual(samples[4]?.taken);
  });

  it('should pass over what does not compile, and count it', () => {
    expect(samples[4]?.refused).toBe(1);
    expect(samples[4]?.taken).not.toContain(expect.stringContaining('-'));
  });
});

const PROJECT = {
  'lib/index.ts': "export * from './job/fold.js';\nexport * from './Flow.js';",
  'lib/Flow.ts': "import { fold } from './job/fold.js';\nimport type { Other } from './other.js';\nexport const flow = fold;",
  'lib/job/fold.ts': 'export const fold = () => 1;',
  'lib/other.ts': 'export interface Other {}',
  'spec/job/fold-spec.ts': "import { fold } from '../../lib/job/fold.js';",
  'spec/job/fold-twin-spec.ts': "import { fold } from '../../lib/job/fold.js';\nimport { runs } from './runs.js';",
  'spec/Flow-spec.ts': "import { flow } from '../lib/index.js';",
  'spec/started-spec.ts': "import { spawn } from 'node:child_process';\nspawn(join(__dirname, 'started-child.ts'));",
  'spec/started-child.ts': "import '../lib/index.js';",
  'spec/all-spec.ts': "import { flow } from 'routilux';",
  'spec/built-spec.ts': "import { flow } from 'routilux';\nexistsSync('dist');",
  'spec/all-long-spec.ts': "import { flow } from 'routilux';",
  'spec/text-spec.ts': "import { readFileSync } from 'node:fs';",
};

describe('the specs that may notice a mutation', () => {
  it('should be those that reach the file, the one of its name first, those that start programs last', async () => {
    const [fold, other] = await ask<string[][]>('specsOf', { texts: PROJECT, files: ['lib/job/fold.ts', 'lib/other.ts'] });
    expect(fold?.slice(0, 2).sort()).toEqual(['spec/job/fold-spec.ts', 'spec/job/fold-twin-spec.ts']);
    expect(fold?.slice(2)).toEqual(['spec/Flow-spec.ts', 'spec/all-spec.ts', 'spec/started-spec.ts']);
    expect(other).toEqual([]);
  });
});

describe('the list of mutations that change nothing', () => {
  it('should stand in the sources, each a mutation of its file', async () => {
    expect(await ask('list', null)).toEqual({ rotten: [], unknown: [] });
  });

  it('should be red if an entry stands there no more, or is no mutation', async () => {
    const file = 'lib/prelude/has.ts';
    const entries = [
      { file, from: 'nowhere to be found', to: '', why: 'gone' },
      { file, from: 'value !== null', to: 'value !== undefined', why: 'no mutation' },
      {
        file,
        from: "(typeof value === 'object' && value !== null)",
        to: "(typeof value === 'object' || value !== null)",
        why: 'one of them',
      },
    ];
    const { rotten, unknown, listed } = await ask<Record<'rotten' | 'unknown' | 'listed', unknown[]>>('entries', {
      file,
      entries,
    });
    expect(rotten).toEqual([`stands 0 times in ${file}, not once: nowhere to be found`]);
    expect(unknown).toEqual([`${file}: value !== undefined`]);
    expect(listed).toEqual([[expect.stringContaining(file), 'one of them']]);
  });
});

const REPORTS: readonly (readonly [what: string, survived: number, killed: number, listed: number, isFine: boolean])[] = [
  ['three of a hundred that survive', 3, 97, 0, true],
  ['four of a hundred', 4, 96, 0, false],
  ['one of forty', 1, 39, 0, true],
  ['two of forty', 2, 38, 0, false],
  ['many that are listed', 0, 1, 39, true],
];

describe('the report of mutations', () => {
  let reports: readonly { readonly isFine: boolean; readonly table: string }[] = [];

  beforeAll(async () => {
    const asked = REPORTS.map(([, survived, killed, listed]) => [
      ['lib/job/fold.ts', 'killed', killed],
      ['lib/job/fold.ts', 'listed', listed],
      ['lib/Flow.ts', 'survived', survived],
    ]);
    reports = await ask('reports', asked);
  });

  it.each(REPORTS.map((report, n) => [...report, n] as const))('should judge %s', (_, survived, killed, listed, isFine, n) => {
    expect(reports[n]?.isFine).toBe(isFine);
    const all = reports[n]?.table.split('\n').at(-1)?.split(/ +/);
    expect(all).toEqual(['all', ...[killed + listed + survived, killed, survived, listed].map(String)]);
  });
});

const OPTIONS: readonly (readonly [args: readonly string[], expected: object])[] = [
  [[], { count: '40', list: false }],
  [['lib/prelude/has.ts', 'lib/Flow.ts'], { count: 'Infinity', files: ['lib/Flow.ts', 'lib/prelude/has.ts'] }],
  [['--seed', '7', '--count', '5'], { seed: '7', count: '5' }],
  [['--list', 'lib/Flow.ts'], { list: true, files: ['lib/Flow.ts'] }],
  [['--count', 'many'], { refused: "--count is a whole number, not 'many'" }],
  [['lib/Nowhere.ts'], { refused: 'There is no lib/Nowhere.ts' }],
  [['spec'], { refused: 'No sources of lib: spec' }],
];

describe('npm run mutate', () => {
  let read: readonly { readonly files?: readonly string[]; readonly seed?: string }[] = [];

  beforeAll(async () => {
    read = await ask('options', [['lib/plan/'], ...OPTIONS.map(([args]) => args)]);
  });

  it.each(OPTIONS.map(([args, expected], n) => ({ args, expected, n })))('should read $args', ({ expected, n }) => {
    expect(read[n + 1]).toMatchObject(expected);
  });

  it('should take all of lib that runs, or of a folder, with a seed of its own', () => {
    expect(read[1]?.files).toEqual(expect.arrayContaining(['lib/Flow.ts', 'lib/job/fold.ts']));
    expect(read[1]?.files).not.toContain('lib/prelude/platform.d.ts');
    expect(read[0]?.files).toEqual(read[1]?.files?.filter((file) => file.startsWith('lib/plan/')));
    expect(read[0]?.seed).not.toBe(read[1]?.seed);
  });
});

describe('a mutation that is tried', () => {
  const file = 'lib/add.ts';
  const texts = {
    [file]: 'export const add = (a: number, b: number) => a + b;',
    'spec/add-spec.ts': "import { add } from '../lib/add.js';\nit('should add', () => expect(add(1, 2)).toBe(3));",
    'spec/later-spec.ts': "import { add } from '../lib/add.js';\nit('should add 0', () => expect(add(4, 0)).toBe(4));",
    'spec/red-spec.ts': "it('should be red', () => expect(1).toBe(2));",
    'jest.config.js': 'export default {};',
    'package.json': '{ "type": "module" }',
  };
  const mutated = (body: string): string => `export const add = (a: number, b: number): number => ${body};`;

  it('should be noticed by a spec that fails, a file that does not load, or a hang, and the file be whole again', async () => {
    const { said, after } = await ask<{ said: unknown[]; after: string }>('trials', {
      texts,
      file,
      specs: ['spec/later-spec.ts', 'spec/add-spec.ts'],
      mutated: [mutated('a - b'), mutated('{ for (;;); }'), "throw new Error('no');", mutated('b + a')],
    });
    expect(said).toEqual([
      'spec/add-spec.ts › should add',
      'spec/later-spec.ts › hangs, and is killed after 8 s',
      expect.stringMatching(/^spec\/later-spec\.ts › /),
      null,
    ]);
    expect(after).toBe(texts[file]);
  });

  it('should not be noticed by a spec that fails without it', async () => {
    const { said } = await ask<{ said: unknown[] }>('trials', {
      texts,
      file,
      specs: ['spec/red-spec.ts'],
      mutated: [mutated('b')],
    });
    expect(said).toEqual([{ thrown: 'Nothing is mutated, and yet: spec/red-spec.ts › should be red' }]);
  });
});
