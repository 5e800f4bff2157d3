import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import ts from 'typescript';
import { faultsIn, NOT_YET } from './support/architecture.js';

const lib = resolve('lib');
const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { peerDependencies: Record<string, string> };
const peers = Object.keys(peerDependencies);

const sources = new Map(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path): [string, string] => [path.split(sep).join('/'), readFileSync(join(lib, path), 'utf8')]),
);

describe('the imports of lib', () => {
  it('should point upwards only, without circles, and outside to the peers only, types as well as values', () => {
    expect(sources.size).toBeGreaterThan(40);
    expect(faultsIn(sources, peers, NOT_YET)).toEqual([]);
  });

  it('should let off files of the engine and of rx alone', () => {
    expect(NOT_YET.filter((file) => !/^(engine|rx)\//.test(file))).toEqual([]);
  });

  const house = {
    'index.ts': "export type { Context } from './flow/Context.js';\nexport { Flow } from './Flow.js';",
    'Flow.ts':
      "import { Job } from './Job.js';\nimport { pump } from './engine/Pump.js';\nimport type { Routine } from './Routine.js';",
    'Job.ts': "import type { JobState } from './JobState.js';",
    'JobState.ts': "import type { Flow } from './Flow.js';\nimport { writeJob } from './wire/jobJson.js';",
    'Routine.ts':
      "import type { Flow } from './Flow.js';\nimport type { Handler } from './flow/Handler.js';\nimport { Slot } from './flow/Slot.js';",
    'wire/jobJson.ts': "import type { JobData } from '../job/JobData.js';",
    'engine/Pump.ts': "import { Subject } from 'rxjs';\nimport type { Plan } from '../plan/Plan.js';",
    'engine/ambient.ts': "import { createAsyncContext } from '#async-context';",
    'job/JobData.ts': "import type { Slot } from '../flow/Slot.js';",
    'plan/Plan.ts': "import type { Slot } from '../flow/Slot.js';",
    'flow/Context.ts': "import type { Flow } from '../Flow.js';\nimport type { JobState } from '../JobState.js';",
    'flow/Handler.ts': "import type { Routine } from '../Routine.js';\nimport type { Context } from './Context.js';",
    'flow/Slot.ts': '',
    'prelude/asyncContext.node.ts': "import { AsyncLocalStorage } from 'node:async_hooks';",
  };

  it('should be found faultless in a small house of the same plan', () => {
    expect(faultsIn(new Map(Object.entries(house)), peers)).toEqual([]);
  });

  it('should let off a file that is not yet in order, and no other', () => {
    const bad = { ...house, 'engine/Pump.ts': "import 'rxjs-more';", 'engine/ambient.ts': "import 'rxjs-more';" };
    expect(faultsIn(new Map(Object.entries(bad)), peers, ['engine/Pump.ts'])).toEqual([
      "lib/engine/ambient.ts:1 imports 'rxjs-more', which is no peer",
    ]);
  });

  it('should show a file that is let off although it is in order, or gone', () => {
    expect(faultsIn(new Map(Object.entries(house)), peers, ['engine/Pump.ts', 'engine/gone.ts'])).toEqual([
      'lib/engine/Pump.ts has no fault, and is still in NOT_YET',
      'lib/engine/gone.ts has no fault, and is still in NOT_YET',
    ]);
  });

  it.each<[string, Record<string, string>, readonly string[]]>([
    [
      'a value from a lower layer',
      { 'flow/Slot.ts': "import { writeJob } from '../wire/codecs.js';", 'wire/codecs.ts': '' },
      ["lib/flow/Slot.ts:1 imports '../wire/codecs.js', which stands below it"],
    ],
    [
      'a type from a lower layer',
      { 'flow/Slot.ts': "\n\nimport type { Attempt } from '../engine/Attempt.js';", 'engine/Attempt.ts': '' },
      ["lib/flow/Slot.ts:3 imports '../engine/Attempt.js', which stands below it"],
    ],
    [
      'such a type named inside a type',
      { 'flow/Slot.ts': "export type Mine = import('../engine/Attempt.js').Attempt;", 'engine/Attempt.ts': '' },
      ["lib/flow/Slot.ts:1 imports '../engine/Attempt.js', which stands below it"],
    ],
    [
      'a value handed on from a lower layer',
      { 'prelude/all.ts': "export * from '../flow/Slot.js';" },
      ["lib/prelude/all.ts:1 imports '../flow/Slot.js', which stands below it"],
    ],
    [
      'a lower layer imported for its effects',
      { 'prelude/all.ts': "import '../flow/Slot.js';" },
      ["lib/prelude/all.ts:1 imports '../flow/Slot.js', which stands below it"],
    ],
    [
      'a lower layer imported at run time',
      { 'prelude/all.ts': "export const later = () => import('../flow/Slot.js');" },
      ["lib/prelude/all.ts:1 imports '../flow/Slot.js', which stands below it"],
    ],
    [
      'a door named by a file that declares no type of users',
      { 'flow/Home.ts': "import type { Routine } from '../Routine.js';" },
      ["lib/flow/Home.ts:1 imports '../Routine.js', which stands below it"],
    ],
    [
      'a door imported by value where users’ types name it',
      { 'flow/Handler.ts': "import { Routine } from '../Routine.js';" },
      ["lib/flow/Handler.ts:1 imports '../Routine.js', which stands below it"],
    ],
    [
      'the compiled flow named by what happened',
      { 'job/JobData.ts': "import type { Plan } from '../plan/Plan.js';" },
      ["lib/job/JobData.ts:1 imports '../plan/Plan.js', which is closed to job"],
    ],
    [
      'the engine named by what writes down',
      { 'wire/jobJson.ts': "import type { pump } from '../engine/Pump.js';" },
      ["lib/wire/jobJson.ts:1 imports '../engine/Pump.js', which is closed to wire"],
    ],
    [
      'a circle within a layer, by value and by type',
      {
        'engine/a.ts': "import { b } from './b.js';",
        'engine/b.ts': "import type { c } from './c.js';",
        'engine/c.ts': "export * from './a.js';",
        'engine/d.ts': "import { a } from './a.js';",
      },
      [
        'lib/engine/a.ts is in a circle: engine/a.ts → engine/b.ts → engine/c.ts → engine/a.ts',
        'lib/engine/b.ts is in a circle: engine/b.ts → engine/c.ts → engine/a.ts → engine/b.ts',
        'lib/engine/c.ts is in a circle: engine/c.ts → engine/a.ts → engine/b.ts → engine/c.ts',
      ],
    ],
    [
      'a file that users’ types draw into their circle',
      { 'engine/Pump.ts': "import type { Context } from '../flow/Context.js';" },
      ['lib/engine/Pump.ts is in a circle: engine/Pump.ts → flow/Context.ts → Flow.ts → engine/Pump.ts'],
    ],
    [
      'doors that need each other',
      { 'Job.ts': "import { Flow } from './Flow.js';" },
      [
        'lib/Flow.ts is in a circle by value: Flow.ts → Job.ts → Flow.ts',
        'lib/Job.ts is in a circle by value: Job.ts → Flow.ts → Job.ts',
      ],
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
          "export type { Context } from './flow/Context.js';\nexport { Flow } from './Flow.js';\nexport const version = '1';",
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
