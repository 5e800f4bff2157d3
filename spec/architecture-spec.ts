import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import ts from 'typescript';
import { faultsIn } from './support/architecture.js';

const lib = resolve('lib');
const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { peerDependencies: Record<string, string> };
const peers = Object.keys(peerDependencies);

const sources = new Map(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path): [string, string] => [path.split(sep).join('/'), readFileSync(join(lib, path), 'utf8')]),
);

describe('the imports of lib', () => {
  it('should point upwards only, without cycles, and outside to the peers only', () => {
    expect(sources.size).toBeGreaterThan(40);
    expect(faultsIn(sources, peers)).toEqual([]);
  });

  const house = {
    'index.ts': "export type { Context } from './engine/Context.js';\nexport { Flow } from './Flow.js';",
    'Flow.ts': "import type { Job } from './Job.js';\nimport { pump } from './engine/Pump.js';",
    'Job.ts': "import { Flow } from './Flow.js';",
    'engine/Pump.ts': "import { Subject } from 'rxjs';\nimport type { Flow } from '../Flow.js';",
    'engine/Context.ts': "import { createAsyncContext } from '#async-context';",
    'flow/Slot.ts': "import type { Context } from '../engine/Context.js';",
    'prelude/asyncContext.node.ts': "import { AsyncLocalStorage } from 'node:async_hooks';",
  };

  it('should be found faultless in a small house of the same plan', () => {
    expect(faultsIn(new Map(Object.entries(house)), peers)).toEqual([]);
  });

  it.each<[string, Record<string, string>, readonly string[]]>([
    [
      'a value from a lower layer',
      { 'flow/Slot.ts': "import { pump } from '../engine/Pump.js';" },
      ["lib/flow/Slot.ts:1 imports '../engine/Pump.js' by value, which stands below it"],
    ],
    [
      'a value among types from a lower layer',
      { 'flow/Slot.ts': "\n\nimport { type Context, enter } from '../engine/Context.js';" },
      ["lib/flow/Slot.ts:3 imports '../engine/Context.js' by value, which stands below it"],
    ],
    [
      'a value handed on from a lower layer',
      { 'prelude/all.ts': "export * from '../flow/Slot.js';" },
      ["lib/prelude/all.ts:1 imports '../flow/Slot.js' by value, which stands below it"],
    ],
    [
      'a lower layer imported for its effects',
      { 'prelude/all.ts': "import '../flow/Slot.js';" },
      ["lib/prelude/all.ts:1 imports '../flow/Slot.js' by value, which stands below it"],
    ],
    [
      'a lower layer imported at run time',
      { 'prelude/all.ts': "export const later = () => import('../flow/Slot.js');" },
      ["lib/prelude/all.ts:1 imports '../flow/Slot.js' by value, which stands below it"],
    ],
    [
      'the type of an internal of a lower layer',
      { 'flow/Slot.ts': "import type { Pump } from '../engine/Pump.js';" },
      ["lib/flow/Slot.ts:1 takes the type Pump from '../engine/Pump.js', which stands below it and is not public"],
    ],
    [
      'such a type named inside a type',
      { 'flow/Slot.ts': "export type Mine = import('../engine/Pump.js').Pump;" },
      ["lib/flow/Slot.ts:1 takes the type Pump from '../engine/Pump.js', which stands below it and is not public"],
    ],
    [
      'a whole lower layer as types',
      { 'flow/Slot.ts': "import type * as engine from '../engine/Context.js';" },
      ["lib/flow/Slot.ts:1 takes the type everything from '../engine/Context.js', which stands below it and is not public"],
    ],
    [
      'a cycle within a layer',
      {
        'engine/a.ts': "import { b } from './b.js';",
        'engine/b.ts': "import { c } from './c.js';",
        'engine/c.ts': "export * from './a.js';",
      },
      ['lib/engine/c.ts:1 closes the cycle engine/a.ts → engine/b.ts → engine/c.ts → engine/a.ts'],
    ],
    [
      'doors that need each other',
      { 'Flow.ts': "import { Job } from './Job.js';", 'Job.ts': "import { Flow } from './Flow.js';" },
      ['lib/Job.ts:1 closes the cycle Flow.ts → Job.ts → Flow.ts'],
    ],
    [
      'a module of Node in the core',
      { 'engine/Pump.ts': "import { setTimeout } from 'node:timers';" },
      ["lib/engine/Pump.ts:1 imports 'node:timers' outside the files for Node"],
    ],
    [
      'a package that is no peer',
      { 'engine/Pump.ts': "import type { Opts } from 'rxjs-more';" },
      ["lib/engine/Pump.ts:1 imports 'rxjs-more', which is no peer"],
    ],
    ['a file outside the layers', { 'helpers/all.ts': '' }, ['lib/helpers/all.ts is in no layer']],
    [
      'a file that is not there',
      { 'Flow.ts': "import { gone } from './flow/gone.js';" },
      ["lib/Flow.ts:1 imports './flow/gone.js', which is not there"],
    ],
    [
      'an index with a mind of its own',
      {
        'index.ts':
          "export type { Context } from './engine/Context.js';\nexport { Flow } from './Flow.js';\nexport const version = '1';",
      },
      ['lib/index.ts:3 does more than hand on a name'],
    ],
  ])('should show %s', (_, change, faults) => {
    expect(faultsIn(new Map(Object.entries({ ...house, ...change })), peers)).toEqual(faults);
  });
});

describe('the core', () => {
  const path = join(lib, 'tsconfig.json');
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, (name) => ts.sys.readFile(name)).config,
    ts.sys,
    dirname(path),
  );
  const extra = join(lib, 'made-up.ts');

  /** Compiles the core together with one made-up file. */
  const compile = (text: string, before?: ts.Program): ts.Program => {
    const host = ts.createCompilerHost(config.options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (name, ...rest) =>
      resolve(name) === extra
        ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
        : (before?.getSourceFile(name) ?? read(name, ...rest));
    const options = { rootNames: [...config.fileNames, extra], options: config.options, host };
    return ts.createProgram(before === undefined ? options : { ...options, oldProgram: before });
  };

  const complaintsOf = (program: ts.Program, file?: ts.SourceFile): readonly string[] =>
    [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      (one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'),
    );

  const program = compile('export {};');

  it('should compile with ES2022 and prelude/platform.d.ts alone', () => {
    expect(program.getRootFileNames().length).toBeGreaterThan(40);
    expect(complaintsOf(program)).toEqual([]);
  });

  it.each([
    ['process.exit()', 'process'],
    ['Buffer.from([])', 'Buffer'],
    ['document.title', 'document'],
    ['window.name', 'window'],
    ['setImmediate(() => undefined)', 'setImmediate'],
    ["console.log('')", 'console'],
  ])('should not compile with %s in it', (text, name) => {
    const changed = compile(`export const it = () => ${text};`, program);
    expect(complaintsOf(changed, changed.getSourceFile(extra))).toEqual([expect.stringContaining(`'${name}'`)]);
  });
});
