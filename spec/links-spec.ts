/** Follows the relative links of all pages: in the tarball that npm would publish, and in the repository. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** A link to another file: neither an address nor a heading of the same page. */
const LINK = /\]\((?![a-z]+:|#)([^)\s#]+)/g;

/** Code is no prose: `list[0](x)` is no link. */
const CODE = /^```[\s\S]*?^```$|`[^`\n]*`/gm;

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

const packed = (): readonly string[] => {
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'], { encoding: 'utf8' });
  // npm 10 lists what it packs; npm 11 may name it.
  const [tarball] = Object.values(JSON.parse(said) as Packed[] | Record<string, Packed>);
  return tarball?.files.map(({ path }) => path) ?? [];
};

const targetsIn = (page: string, text: string): readonly string[] =>
  [...text.replace(CODE, '').matchAll(LINK)].map(([, target = '']) => posix.join(posix.dirname(page), target));

/** A link may lead to a file, or to a folder that has some. */
const among =
  (files: readonly string[]) =>
  (target: string): boolean =>
    files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`));

const deadLinks = (page: string, text: string, has: (target: string) => boolean): readonly string[] =>
  targetsIn(page, text)
    .filter((target) => !has(target))
    .map((target) => `${page} leads to ${target}`);

describe('the links of the pages', () => {
  it('should lead somewhere in the tarball, with the docs and the examples in it', () => {
    const files = packed();
    expect(files).toEqual(expect.arrayContaining(['README.md', 'docs/contract.md', 'examples/README.md']));
    const pages = files.filter((file) => file.endsWith('.md'));
    expect(pages.flatMap((page) => deadLinks(page, readFileSync(page, 'utf8'), among(files)))).toEqual([]);
  }, 60_000);

  it('should lead somewhere in the repository if their page is not in the tarball', () => {
    expect(deadLinks('CONTRIBUTING.md', readFileSync('CONTRIBUTING.md', 'utf8'), existsSync)).toEqual([]);
  });

  it.each([
    ['a file', '[a](docs/gone.md)', 'docs/gone.md'],
    ['a file beside a known one', '[a](docs/a.md.md)', 'docs/a.md.md'],
    ['a folder', 'see [`it`](gone/)', 'gone/'],
    ['a heading of a file', '[a](../gone.md#here)', '../gone.md'],
  ])('should show one to %s that is not there', (_, text, target) => {
    expect(deadLinks('README.md', text, among(['README.md', 'docs/a.md']))).toEqual([`README.md leads to ${target}`]);
  });

  it('should be followed from the folder of their page', () => {
    const text = '[a](../b/c.md), [b](../b), [c](https://x.y), [d](#d), `[e](gone.md)`';
    expect(deadLinks('a/page.md', text, among(['b/c.md']))).toEqual([]);
  });
});
