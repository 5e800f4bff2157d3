/** Whatever users may import says what it is: see `support/undocumented.ts` for what each kind has to say. */
import { resolve } from 'node:path';
import ts from 'typescript';
import { undocumentedIn } from './support/undocumented.js';

const { config } = ts.readConfigFile('tsconfig.build.json', (path) => ts.sys.readFile(path)) as { config: object };
const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, '.');

const faults = (program: ts.Program, path: string): readonly string[] =>
  undocumentedIn(program, path).map(({ name, lacks }) => `${name} lacks ${lacks}`);

describe('the comments of the public names', () => {
  const program = ts.createProgram(fileNames, options);

  it.each(
    ['index', 'rx/index', 'node/index', 'runtime/index', 'store/memory/index', 'testing/index'].map((name) => `lib/${name}.ts`),
  )('should say of everything that %s exports what it is, its defaults, and show one', (path) => {
    expect(faults(program, path)).toEqual([]);
  });
});

describe('a name that says too little', () => {
  const path = resolve('lib/written.ts');

  // The platform is read once: this program hands it on to the next one.
  let before: ts.Program | undefined;

  const programOf = (source: string): ts.Program => {
    const host = ts.createCompilerHost(options);
    const { getSourceFile } = host;
    host.getSourceFile = (name, target) =>
      name === path ? ts.createSourceFile(name, source, target) : (before?.getSourceFile(name) ?? getSourceFile(name, target));
    return (before = ts.createProgram([path], options, host, before));
  };

  it.each([
    ['a type', 'export type A = 1;', 'A lacks a comment'],
    ['a comment with nothing but tags', '/** @throws Error */\nexport type A = 1;', 'A lacks a comment'],
    ['a field', '/** One. */\nexport interface A { b: 1 }', 'A.b lacks a comment'],
    ['an inherited field', '/** One. */\nexport interface A extends B {}\ninterface B { b: 1 }', 'A.b lacks a comment'],
    ['a default', '/** One. */\nexport interface AOptions {\n/** Two. */\n b?: 1 }', 'AOptions.b lacks @default'],
    ['an example of a function', '/** One. */\nexport const a = (): void => {};', 'a lacks @example'],
    ['an example of a class', '/** One. */\nexport class A {}', 'A lacks @example'],
    ['an example that is one', '/** One. @example\n * a( */\nexport const a = 1;', 'a lacks an example that can be read'],
    ['a method', '/** One. @example\n * new A() */\nexport class A { b(): void {} }', 'A.b lacks a comment'],
    ['a getter', '/** One. @example\n * new A() */\nexport class A { get b() { return 1; } }', 'A.b lacks a comment'],
    ['a static member', '/** One. @example\n * new A() */\nexport class A { static b = 1; }', 'A.b lacks a comment'],
    ['a field of a constructor', '/** One. @example\n * new A() */\nexport class A { constructor(readonly b: 1) {} }', 'A.b lacks a comment'], // prettier-ignore
    ['what is handed on', "export { a } from './other.js';\nexport type A = 1;", 'A lacks a comment'],
  ])('should be noticed: %s', (_, source, fault) => {
    expect(faults(programOf(source), path)).toContain(fault);
  });

  it.each([
    ['a private field', '/** One. @example\n * new A() */\nexport class A { #b = 1; private c = 2; protected d = 3; }'],
    ['what nobody is to call', '/** One. @example\n * new A() */\nexport class A {\n/** @hidden */\n b = 1; }'],
    ['what the platform has', '/** One. @example\n * new A() */\nexport class A extends Error {}'],
    ['a class of which only the type is handed out', '/** One. */\nclass A {}\nexport { type A };'],
    ['what is inherited with its comment', '/** One. */\nexport interface A extends B {}\ninterface B {\n/** Two. */\n b: 1 }'],
  ])('should not be looked for in %s', (_, source) => {
    expect(faults(programOf(source), path)).toEqual([]);
  });
});
