import { format } from 'node:util';
import ts from 'typescript';
import * as routilux from '../../lib/index.js';
import * as node from '../../lib/node/index.js';
import * as rx from '../../lib/rx/index.js';
import * as runtime from '../../lib/runtime/index.js';
import * as memory from '../../lib/store/memory/index.js';
import * as testing from '../../lib/testing/index.js';

/** A test that a source has written down with `it`. */
export interface Collected {
  readonly name: string;
  readonly run: () => unknown;
}

/** What a source did: what it has printed by now and exported, and the tests it has written down. */
export interface Played {
  readonly printed: () => string;
  readonly exported: Readonly<Record<string, unknown>>;
  readonly tests: readonly Collected[];
}

const MODULES: Readonly<Record<string, unknown>> = {
  routilux,
  'routilux/node': node,
  'routilux/rx': rx,
  'routilux/runtime': runtime,
  'routilux/store/memory': memory,
  'routilux/testing': testing,
};

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022,
  esModuleInterop: true,
};

/** JavaScript that a function can run: its imports are `require`s. @throws where the source is no TypeScript */
export const transpiled = (source: string): string => {
  const { outputText, diagnostics = [] } = ts.transpileModule(source, { compilerOptions: OPTIONS, reportDiagnostics: true });
  if (diagnostics.length === 0) return outputText;
  throw new SyntaxError(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'));
};

const compiled = (source: string): ((...parts: readonly unknown[]) => Promise<void>) => {
  // `await` stands at the top of a module; a CommonJS one has to be a function for that.
  const { constructor: AsyncFunction } = async () => undefined;
  return new (AsyncFunction as FunctionConstructor)(
    'require',
    'exports',
    'console',
    'it',
    'describe',
    'expect',
    transpiled(source),
  ) as never;
};

/**
 * Runs TypeScript as a module in this process, on the sources of the library: `routilux` and its parts come from `lib`, what
 * else it imports from `modules` or from where this file finds it. `console.log` is caught; `it` writes a test down, which the
 * caller may run.
 */
export const runSource = async (source: string, modules: Readonly<Record<string, unknown>> = {}): Promise<Played> => {
  const lines: string[] = [];
  const tests: Collected[] = [];
  const known = { ...MODULES, ...modules };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what a source imports is known only when it runs
  const load = (name: string): unknown => (Object.hasOwn(known, name) ? known[name] : require(name));
  const log = (...parts: readonly unknown[]): void => void lines.push(`${format(...parts)}\n`);
  const it = (name: string, run: () => unknown): void => void tests.push({ name, run });
  const describe = (_: string, body: () => void): void => {
    body();
  };
  const exported = {};
  await compiled(source)(load, exported, { log }, it, describe, expect);
  return { printed: () => lines.join(''), exported, tests };
};

/** Runs all that a source has: it, and the tests it writes down; rejects with what the first of them rejects with. */
export const playSource = async (source: string, modules?: Readonly<Record<string, unknown>>): Promise<readonly Collected[]> => {
  const { tests } = await runSource(source, modules);
  for (const { run } of tests) await run();
  return tests;
};
