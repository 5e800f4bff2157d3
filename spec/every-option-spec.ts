/** No option does nothing, in silence (D37): each place that takes options, by what the compiler knows of the public names. */
import { resolve } from 'node:path';
import ts from 'typescript';
import { FlowError } from '../lib/index.js';
import { CALLS, NO_OPTIONS, type OptionCall } from './support/optionCalls.js';
import { optionObjectsIn } from './support/optionObjects.js';
import { refusalOf } from './support/refusalOf.js';
import { ANY, WRONG } from './support/wrongOptions.js';

const { config } = ts.readConfigFile('tsconfig.build.json', (path) => ts.sys.readFile(path)) as { config: object };
const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
const program = ts.createProgram(fileNames, options);

const isNone = (place: string): boolean => NO_OPTIONS.some(([kind]) => kind.test(place));

const ENTRIES = ['index', 'rx/index', 'node/index', 'runtime/index', 'store/memory/index', 'testing/index'];

const found = ENTRIES.flatMap((entry) => optionObjectsIn(program, `lib/${entry}.ts`));
const taken = found.filter(({ place }) => !isNone(place));

const refusalFor = (place: string, given: unknown): Promise<unknown> =>
  refusalOf(() => (CALLS[place] as OptionCall)(given as never));

describe('the table of options', () => {
  it('should have every place that takes some, and no other', () => {
    expect(Object.keys(CALLS).sort()).toEqual(taken.map(({ place }) => place).sort());
  });

  it('should have wrong values of every option, and of no other', () => {
    const keys = taken.flatMap(({ place, options }) => options.map((option) => keyOf(place, option)));
    expect([...new Set(keys)].sort()).toEqual([...Object.keys(WRONG), ...ANY].sort());
  });

  it('should know none that is no option, but for those that there are', () => {
    expect(NO_OPTIONS.filter(([kind]) => !found.some(({ place }) => kind.test(place)))).toEqual([]);
  });
});

const keyOf = (place: string, option: string): string =>
  Object.hasOwn(WRONG, `${place}.${option}`) ? `${place}.${option}` : option;

describe.each(taken.map(({ place, options }) => [place, options] as const))('%s (D37)', (place, options) => {
  it.each(options)('should refuse a name next to %s, and name it', async (option) => {
    const typo = option.slice(0, -1);
    const error = await refusalFor(place, { [typo]: 1 });
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option: typo } });
    expect((error as Error).message).toContain(`give '${option}': there is no option of this name`);
  });

  it.each([null, 5, 'fast', [], new Map([['a', 1]]), new AbortController().signal])(
    'should refuse %p for them',
    async (given) => {
      expect(await refusalFor(place, given)).toMatchObject({ code: 'BAD_OPTION' });
    },
  );

  it.each(options)('should refuse whatever is no %s', async (option) => {
    for (const value of WRONG[keyOf(place, option)] ?? []) {
      const error = await refusalFor(place, { [option]: value });
      expect([value, error]).toEqual([value, expect.any(FlowError)]);
      const { code, details } = error as FlowError;
      expect(Object.values(details)).toContainEqual(value);
      if (code === 'BAD_OPTION') expect(details['option']).toBe(option);
    }
  });

  it('should let them pass if they are empty', async () => {
    const outcome = await refusalFor(place, {});
    expect(outcome).not.toBeInstanceOf(FlowError);
  });
});

describe('the reader of the table', () => {
  const path = resolve('lib/written.ts');

  const programOf = (source: string): ts.Program => {
    const host = ts.createCompilerHost(options);
    const { getSourceFile } = host;
    // The platform is read once.
    host.getSourceFile = (name, target) =>
      name === path ? ts.createSourceFile(name, source, target) : (program.getSourceFile(name) ?? getSourceFile(name, target));
    return ts.createProgram([path], options, host, program);
  };

  it.each<[string, string, string]>([
    ['of a function', 'export function f(o: { a?: 1; b: 1 }): void {}', 'f(o) a b'],
    ['of a constant', 'export const f = (n: number, o: { a?: 1 } = {}): void => {};', 'f(o) a'],
    ['of a constructor', 'export class A { constructor(o?: { a?: 1 }) {} }', 'new A(o) a'],
    ['of a method', 'export class A { m(o: { a?: 1 }): void {} }', 'A.m(o) a'],
    ['of a static method', 'export class A { static m(o: { a?: 1 }): void {} }', 'A.m(o) a'],
    ['of a method of an interface', 'export interface A { m(o: { a?: 1 }): void; }', 'A.m(o) a'],
    ['of a function that an interface has', 'export interface A { readonly f: (o: { a?: 1 }) => void; }', 'A.f(o) a'],
    ['of what a constant makes', 'class B { m(o: { a?: 1 }): void {} }\nexport const A = B;', 'A.m(o) a'],
    [
      'of every overload',
      'export declare function f(o: { a?: 1 }): void;\nexport declare function f(o: { b?: 1 }): void;',
      'f(o) a b',
    ],
    ['among arguments that are a tuple', 'export function f(...o: [n: number, p?: { a?: 1 }]): void {}', 'f(o) a'],
    ['in an option', 'export function f(o: { a?: { b?: 1 } }): void {}', 'f(o) a, f(o.a) b'],
    ['under each name', 'export function f<S>(o: { a?: { [K in keyof S]: { b?: 1 } } }): void {}', 'f(o) a, f(o.a.*) b'],
    ['that are inherited or picked', 'interface A { a?: 1; c?: 1 }\nexport function f(o: Pick<A, "a">): void {}', 'f(o) a'],
    ['that are none: all has to be there', 'export function f(o: { a: 1 }): void {}', ''],
    ['that are none: a class', 'class A { a?: 1 }\nexport function f(o: A): void {}', ''],
    ['that are none: nobody is to call it', 'export class A {\n/** @hidden */\nm(o: { a?: 1 }): void {} }', ''],
  ])('should find those %s', (_, source, expected) => {
    const told = optionObjectsIn(programOf(source), path).map(({ place, options }) => `${place} ${options.join(' ')}`);
    expect(told.join(', ')).toBe(expected);
  });
});
