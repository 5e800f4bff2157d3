/**
 * Runs the pages of `docs`, and what the README says of the same, as their readers would.
 *
 * A page is read from top to bottom. Each block marked `ts` is a module of its own: it is compiled strictly, and run on the
 * sources of the library.
 *
 * - A block that begins with a comment such as `// makeFlow.ts` is a file of that name: later blocks of its page may import it, as
 *   `./makeFlow`.
 * - What a block writes with `console.log` has to stand in a block marked `text` right behind it, with nothing but prose between;
 *   where there is none, it has to print nothing.
 * - A block that writes tests with `it` has them run, one after the other. They hold, or else what the first one fails with is
 *   part of what the block prints. Places in a file (`spec.ts:12`) may be any.
 *
 * Other blocks (`sh`, `json`, none) are not run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../lib/prelude/describeError.js';
import { flowMatchers } from '../lib/testing/index.js';
import { sleep } from './support/flows.js';
import { type Collected, runSource } from './support/runSource.js';
import { typeFaults } from './support/typeFaults.js';

expect.extend(flowMatchers);

interface Block {
  /** Its first line in the page. */
  readonly line: number;
  /** Its own name, or one by its line. */
  readonly file: string;
  readonly source: string;
  readonly promised: string;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

const blocksOf = (page: string): readonly Block[] => {
  const fences = [...page.matchAll(FENCE)].map(({ 1: language, 2: text = '', index }) => ({ language, text, index }));
  return fences.flatMap(({ language, text, index }, at) => {
    if (language !== 'ts') return [];
    const line = page.slice(0, index).split('\n').length + 1;
    const next = fences[at + 1];
    const file = /^\/\/ (\w+\.ts)\n/.exec(text)?.[1] ?? `line${line}.ts`;
    return [{ line, file, source: text, promised: next?.language === 'text' ? next.text : '' }];
  });
};

const without = (text: string): string => text.replace(/(?:\S+\.ts|<anonymous>):\d+$/gm, 'FILE:LINE');

/** What a block prints, and what its first test that does not hold fails with; what it exports is for the blocks after it. */
const play = async ({ source, file, promised }: Block, files: Record<string, unknown>): Promise<string> => {
  const { printed, exported, tests } = await runSource(source, files);
  files[`./${file.replace(/\.ts$/, '')}`] = exported;
  const failure = await firstFailure(tests);
  await quiet(() => without(printed() + failure) === without(promised));
  return printed() + failure;
};

const firstFailure = async (tests: readonly Collected[]): Promise<string> => {
  for (const { run } of tests)
    try {
      await run();
    } catch (error) {
      return `${describeError(error).message}\n`;
    }
  return '';
};

/** A module may be over before what it has started is: it is given time until all has been printed, and a moment more. */
const quiet = async (isDone: () => boolean): Promise<void> => {
  for (let turns = 0; turns < 1_000 && !isDone(); turns++) await sleep(10);
  await sleep(10);
};

/** The contract has no blocks: what it promises is for the specs that cite it. */
const pages = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'contract.md');

/** What the README says of composing and of testing; its other blocks need files, or two hosts. */
const summary = (text: string): string =>
  text.slice(text.indexOf('**Flows and observables**'), text.indexOf('**When you are done**'));

const texts: readonly (readonly [string, string])[] = [
  ...pages.map((name) => [`docs/${name}`, readFileSync(join('docs', name), 'utf8')] as const),
  ['README.md', summary(readFileSync('README.md', 'utf8'))],
];

describe.each(texts)('%s', (_, text) => {
  const blocks = blocksOf(text);
  const files: Record<string, unknown> = {};

  it('should hold blocks that run', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  it.each(blocks)('should do what its page says at line $line', async (block) => {
    expect(without(await play(block, files))).toBe(without(block.promised));
  });

  it('should compile, strictly', () => {
    // Each is a module of its own, whatever it imports.
    expect(typeFaults(Object.fromEntries(blocks.map(({ file, source }) => [file, `${source}\nexport {};`])))).toEqual([]);
  });
});
