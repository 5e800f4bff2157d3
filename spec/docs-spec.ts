/**
 * Runs the pages of `docs`, and the README, as their readers would.
 *
 * A page is read from top to bottom. Each block marked `ts` is a module of its own: it is compiled strictly, and run on the
 * sources of the library.
 *
 * - A block that begins with a comment such as `// makeFlow.ts` is a file of that name: later blocks of its page may import it, as
 *   `./makeFlow`.
 * - What a block writes with `console.log` has to stand in a block marked `text` right behind it, with nothing but prose between;
 *   where there is none, it has to print nothing.
 * - A block that begins with a comment such as `// examples/frameworks/react/src/hooks.ts` is a part of that file, word for word: it is
 *   run with it, in CI.
 * - What a block writes to files is in a folder of its own.
 * - A block that writes tests with `it` has them run, one after the other. They hold, or else what the first one fails with is
 *   part of what the block prints. Places in a file (`spec.ts:12`) may be any.
 *
 * Blocks in other languages (`sh`, `python`, `mermaid`) are not run.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeError } from '../lib/prelude/describeError.js';
import { flowMatchers } from '../lib/testing/index.js';
import { sleep } from './support/flows.js';
import { type Collected, runSource } from './support/runSource.js';
import { typeFaults } from './support/typeFaults.js';

expect.extend(flowMatchers);

interface Block {
  readonly language: string;
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
  return fences.flatMap(({ language = '', text, index }, at) => {
    if (!/^tsx?$/.test(language)) return [];
    const line = page.slice(0, index).split('\n').length + 1;
    const next = fences[at + 1];
    const file = /^\/\/ (\w+\.ts)\n/.exec(text)?.[1] ?? `line${line}.ts`;
    return [{ language, line, file, source: text, promised: next?.language === 'text' ? next.text : '' }];
  });
};

/** A part of an example: the path of its file, and the lines. */
const quoteIn = ({ source }: Block): readonly [path: string, lines: string] | undefined => {
  const [, path, lines] = /^\/\/ (examples\/\S+)\n([\s\S]+)$/.exec(source) ?? [];
  return path === undefined || lines === undefined ? undefined : [path, lines];
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

const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((path) => path.endsWith('.md'));

const texts = pages.map((path) => [path, readFileSync(path, 'utf8')] as const);

/** Those without anything to run: promises, for the specs that cite them. */
const isBare = (path: string): boolean => path === 'docs/contract.md';

const isQuote = (block: Block): boolean => quoteIn(block) !== undefined;

describe('the pages', () => {
  it('should be the guides, each with blocks', () => {
    const guides = [
      'concepts',
      'running',
      'failing',
      'pausing',
      'waiting',
      'composing',
      'testing',
      'front-ends',
      'performance',
      'python',
    ];
    expect(pages).toEqual(expect.arrayContaining(guides.map((name) => `docs/${name}.md`)));
    expect(texts.filter(([path, text]) => blocksOf(text).length === 0 && !isBare(path))).toEqual([]);
  });

  it('should compile, strictly', () => {
    const sources = texts.flatMap(([path, text]) =>
      blocksOf(text)
        .filter((block) => !isQuote(block))
        // Each is a module of its own, whatever it imports.
        .map(({ file, source }) => [`${path}/${file}`, `${source}\nexport {};`] as const),
    );
    expect(sources.length).toBeGreaterThan(20);
    expect(typeFaults(Object.fromEntries(sources))).toEqual([]);
  });

  it('should know nothing but TypeScript, and what is not to be run', () => {
    const languages = texts.flatMap(([, text]) => [...text.matchAll(FENCE)].map(([, language]) => language));
    expect(new Set(languages)).toEqual(new Set(['ts', 'tsx', 'text', 'sh', 'python', 'mermaid']));
  });
});

describe.each(texts.filter(([path]) => !isBare(path)))('%s', (_, text) => {
  const blocks = blocksOf(text).filter((block) => !isQuote(block));
  const quotes = blocksOf(text).filter(isQuote);
  const files: Record<string, unknown> = {};
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'routilux-docs-'));

  beforeEach(() => {
    process.chdir(folder);
  });

  afterEach(() => {
    process.chdir(home);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const block of blocks)
    it(`should do what its page says at line ${block.line}`, async () => {
      expect(without(await play(block, files))).toBe(without(block.promised));
    });

  for (const block of quotes)
    it(`should quote what is there at line ${block.line}`, () => {
      const [path, lines] = quoteIn(block) ?? ['', ''];
      expect(existsSync(resolve(home, path))).toBe(true);
      expect(readFileSync(resolve(home, path), 'utf8')).toContain(lines);
    });
});
