import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as core from '../lib/index.js';
import * as node from '../lib/node/index.js';
import { otherCopyOf } from '../lib/prelude/Copy.js';
import * as rx from '../lib/rx/index.js';
import * as testing from '../lib/testing/index.js';

type Copies = Readonly<Record<'core' | 'node' | 'rx' | 'testing', unknown>>;
type Row = readonly [
  call: string,
  what: string,
  error: (Error & { code?: string; details?: Record<string, unknown> }) | undefined,
];
type Refusals = (here: Copies, there: Copies, leftOut?: readonly string[]) => Promise<{ rows: readonly Row[]; jobs: unknown }>;

const calls = (): Refusals => jest.requireActual<{ refusals: Refusals }>('./two-copies-calls.cjs').refusals;

/** What reading it as JSON would not come to an end with. */
const WITHOUT = ['Context'];

const HERE: Copies = { core, node, rx, testing };

/** The sources once more. */
const loadAgain = (): Copies => {
  let copy: Copies | undefined;
  jest.isolateModules(() => {
    const take = (path: string): unknown => jest.requireActual(path);
    copy = {
      core: take('../lib/index.js'),
      node: take('../lib/node/index.js'),
      rx: take('../lib/rx/index.js'),
      testing: take('../lib/testing/index.js'),
    };
  });
  return copy as Copies;
};

/** The rows whose error is another one. */
const others = (rows: readonly Row[]): unknown[] =>
  rows.filter(([, , error]) => error?.code !== 'TWO_COPIES').map(([call, what, error]) => `${call} ${what}: ${String(error)}`);

describe('two copies of the package (D44)', () => {
  it('should be told by every public method that gets something of a public class of the other, and do nothing', async () => {
    const { rows, jobs } = await calls()(HERE, loadAgain());
    expect(rows.length).toBeGreaterThan(600);
    expect(others(rows)).toEqual([]);
    expect(new Set(rows.map(([, , error]) => error instanceof core.FlowError))).toEqual(new Set([true]));
    expect(jobs).toEqual([
      ['paused', 2],
      ['paused', 2],
    ]);
  });

  it('should not be told of what is of one copy', async () => {
    const { rows } = await calls()(HERE, HERE, WITHOUT);
    expect(rows.filter(([, , error]) => error?.code === 'TWO_COPIES')).toEqual([]);
    expect(rows.filter(([, , error]) => error === undefined).length).toBeGreaterThan(20);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['an object', {}],
    ['one without a prototype', Object.create(null)],
    ['a function without a prototype', () => undefined],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ],
    ['a class of this copy', core.Flow],
  ])('should not be found in %s', (_, value) => {
    expect(otherCopyOf(value)).toBeUndefined();
  });
});

describe('two installed versions of the package (D44)', () => {
  let folder = '';

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'routilux-')));
    for (const [name, version] of [
      ['one', '7.1.0'],
      ['two', '7.2.0'],
    ] as const)
      install(join(folder, name), version);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const { version: built } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  /** What is built, as if it were of another version. */
  const install = (at: string, version: string): void => {
    const to = join(at, 'node_modules/routilux');
    mkdirSync(to, { recursive: true });
    for (const peer of ['rxjs', 'fp-ts', 'io-ts']) symlinkSync(resolve('node_modules', peer), join(at, 'node_modules', peer));
    cpSync('dist', join(to, 'dist'), { recursive: true });
    for (const [from, path] of [
      ['dist/cjs/core.cjs', join(to, 'dist/cjs/core.cjs')],
      ['package.json', join(to, 'package.json')],
    ] as const) {
      const [before, ...after] = readFileSync(from, 'utf8').split(`"${built}"`);
      if (after.length !== 1) throw new Error(`${from} names the version ${String(after.length)} times`);
      writeFileSync(path, `${before ?? ''}"${version}"${after.join('')}`);
    }
  };

  const said = (script: string): unknown => {
    writeFileSync(join(folder, 'script.mjs'), script);
    return JSON.parse(execFileSync(process.execPath, [join(folder, 'script.mjs')], { encoding: 'utf8', timeout: 120_000 }));
  };

  const load = (): string => `
    import { createRequire } from 'node:module';
    import { pathToFileURL } from 'node:url';
    const { refusals } = createRequire(import.meta.url)(${JSON.stringify(resolve('spec/two-copies-calls.cjs'))});
    const load = (take) => Promise.all(['', '/rx', '/testing', '/node'].map((entry) => take('routilux' + entry)))
      .then(([core, rx, testing, node]) => ({ core, rx, testing, node }));
    const from = (name) => createRequire(${JSON.stringify(folder)} + '/' + name + '/x.cjs');
    const required = (name) => load(async (entry) => from(name)(entry));
    const imported = (name) => load((entry) => import(pathToFileURL(from(name).resolve(entry).replace(/cjs$/, 'mjs')).href));`;

  it('should name both versions and places, whichever way each is loaded', () => {
    const place = (name: string): string => join(folder, name, 'node_modules/routilux/dist/cjs/core.cjs');
    const found = said(`${load()}
      const told = async (here, there) => {
        const { rows } = await refusals(here, there);
        const errors = rows.map(([, , error]) => error);
        return [
          rows.length,
          rows.filter(([, , error]) => error?.code !== 'TWO_COPIES').length,
          [...new Set(errors.map((error) => JSON.stringify([error?.details.own, error?.details.other])))].map((text) => JSON.parse(text)),
          errors.every(({ message, details: { own, other } }) => [own, other].every(({ version, place }) => message.includes(version + ' (' + place + ')'))),
        ];
      };
      console.log(JSON.stringify([
        await told(await required('one'), await imported('two')),
        await told(await imported('two'), await required('one')),
      ]));`);
    const [one, two] = [
      { version: '7.1.0', place: place('one') },
      { version: '7.2.0', place: place('two') },
    ];
    expect(found).toEqual([
      [expect.any(Number), 0, [[one, two]], true],
      [expect.any(Number), 0, [[two, one]], true],
    ]);
  });

  it('should be one copy if both ways lead to the same', () => {
    expect(
      said(`${load()}
        const { rows } = await refusals(await required('one'), await imported('one'), ${JSON.stringify(WITHOUT)});
        console.log(JSON.stringify(rows.filter(([, , error]) => error?.code === 'TWO_COPIES').length));`),
    ).toBe(0);
  });
});
