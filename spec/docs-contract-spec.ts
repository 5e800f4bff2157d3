/** Holds what specs, sources and pages cite against the ids of `docs/contract.md`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CONTRACT = 'docs/contract.md';

/** An id as it is cited, such as `D12` in `(S24, D12)`; a placeholder or a colour is none. */
const CITED = /(?<![\w#$])(?:SC|[SGDX])\d+\b/g;

/** A promise is a row of a table, or an item of a list, that begins with its id. */
const PROMISED = /^(?:\| |- \*\*)((?:SC|[SGDX])\d+)\b/gm;

const read = (path: string): string => readFileSync(path, 'utf8');

const ids = [...read(CONTRACT).matchAll(PROMISED)].map(([, id = '']) => id);
const promised: ReadonlySet<string> = new Set(ids);

const citedIn = (text: string): readonly string[] => [...text.matchAll(CITED)].map(([id]) => id);

/** What a text cites although nobody has promised it, by line. */
const unknownIn = (path: string, text: string): readonly string[] =>
  text.split('\n').flatMap((line, at) =>
    citedIn(line)
      .filter((id) => !promised.has(id))
      .map((id) => `${path}:${String(at + 1)} cites ${id}`),
  );

const filesOf = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));

const numbersOf = (kind: string): readonly number[] =>
  ids.filter((id) => id.replace(/\d+/, '') === kind).map((id) => Number(id.slice(kind.length)));

describe('the contract', () => {
  it.each(['D', 'S', 'G', 'X', 'SC'])('should promise each %s once, in order', (kind) => {
    const numbers = numbersOf(kind);
    expect(numbers.length).toBeGreaterThan(5);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('should hold every id that a spec cites', () => {
    const specs = filesOf('spec', '.ts');
    expect(new Set(specs.flatMap((path) => citedIn(read(path)))).size).toBeGreaterThan(200);
    expect(specs.flatMap((path) => unknownIn(path, read(path)))).toEqual([]);
  });

  it('should hold every id that the library and the pages cite, itself among them', () => {
    const others = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesOf('lib', '.ts'), ...filesOf('docs', '.md')];
    expect(others).toContain(CONTRACT);
    expect(others.flatMap((path) => unknownIn(path, read(path)))).toEqual([]);
  });

  // Kind and number stand apart, or this file would cite them itself.
  it.each([
    ['D', '999'],
    ['S', '00'],
    ['S', '1'],
    ['G', '92'],
    ['X', '10'],
    ['SC', '000'],
  ])('should show by its line a title that cites %s %s, which nobody has promised', (kind, number) => {
    const title = `\nit('should hold (D1, ${kind}${number}, SC001)', () => {})`;
    expect(unknownIn('some-spec.ts', title)).toEqual([`some-spec.ts:2 cites ${kind}${number}`]);
  });

  it('should not take a placeholder, a colour or a part of a name for an id', () => {
    expect(citedIn('$D999 #D999 taskD999 D1b')).toEqual([]);
  });
});
