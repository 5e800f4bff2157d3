/** Follows the relative links of all pages, to files and to headings: in the tarball that npm would publish, which has them all. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** A link to a file, to a heading of it, or to a heading of the same page; no address. */
const LINK = /\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]+))?\)/g;

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

/** The name that a heading gets as an anchor, as GitHub and npm make it. */
const slugOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\\(.)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** The anchors of a page: its headings, a number behind those that it has already, and those that are written out. */
const anchorsIn = (text: string): ReadonlySet<string> => {
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id));
  const seen = new Map<string, number>();
  for (const [, heading = ''] of text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)) {
    const slug = slugOf(heading);
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
};

/** A link may lead to a file, or to a folder that has some. */
const among =
  (files: readonly string[]) =>
  (target: string): boolean =>
    files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`));

/** What a page links to that is not there: `has` knows the files, `read` gives the text of one. */
const deadLinks = (
  page: string,
  text: string,
  has: (target: string) => boolean,
  read: (path: string) => string,
): readonly string[] =>
  [...text.replace(CODE, '').matchAll(LINK)].flatMap(([, file = '', anchor]) => {
    const target = file === '' ? page : posix.join(posix.dirname(page), file);
    if (file !== '' && !has(target)) return [`${page} leads to ${target}`];
    if (anchor === undefined) return [];
    return anchorsIn(target === page ? text : read(target)).has(anchor) ? [] : [`${page} leads to ${target}#${anchor}`];
  });

const textOf = (path: string): string => readFileSync(path, 'utf8');

describe('the links of the pages', () => {
  it('should lead somewhere in the tarball, with the docs and the examples in it', () => {
    const files = packed();
    expect(files).toEqual(expect.arrayContaining(['README.md', 'docs/contract.md', 'examples/README.md']));
    const pages = files.filter((file) => file.endsWith('.md'));
    expect(pages.flatMap((page) => deadLinks(page, textOf(page), among(files), textOf))).toEqual([]);
  }, 60_000);

  it('should lead to all guides from the README, and to the reference, which the tarball has', () => {
    const linked = [...textOf('README.md').matchAll(LINK)].map(([, target = '']) => target);
    const guides = readdirSync('docs').filter((name) => name.endsWith('.md'));
    expect(guides.length).toBeGreaterThan(8);
    expect(linked).toEqual(
      expect.arrayContaining([...guides, 'api/README.md', 'decisions/README.md'].map((name) => `docs/${name}`)),
    );
    expect(packed()).toEqual(expect.arrayContaining(['docs/api/routilux.md', 'docs/api/rx.md', 'docs/api/testing.md']));
  }, 60_000);

  it.each([
    ['a file', '[a](docs/gone.md)', 'docs/gone.md'],
    ['a file beside a known one', '[a](docs/a.md.md)', 'docs/a.md.md'],
    ['a folder', 'see [`it`](gone/)', 'gone/'],
    ['a heading of a file', '[a](../gone.md#here)', '../gone.md'],
    ['a heading of its own', '# Here\n[a](#gone)', 'README.md#gone'],
    ['a heading of another page', '[a](docs/a.md#gone)', 'docs/a.md#gone'],
    ['a second heading of a name that is there once', '[a](docs/a.md#a-b-1)', 'docs/a.md#a-b-1'],
    ['a heading in a block of code', '```sh\n# here\n```\n[a](#here)', 'README.md#here'],
  ])('should show one to %s that is not there', (_, text, target) => {
    const dead = deadLinks('README.md', text, among(['README.md', 'docs/a.md']), () => '# A, `b`');
    expect(dead).toEqual([`README.md leads to ${target}`]);
  });

  it.each([
    ['[a](docs/a.md#a-b)', '# A, `b`'],
    ['[a](docs/a.md#a)', '# [A](x.md)'],
    ['[a](docs/a.md#a-1)', '# A\n## A'],
    ['[a](docs/a.md#emitevent-data)', '# `emit(event, data)`'],
    ['[a](docs/a.md#asyncdispose)', '# \\[asyncDispose\\]()'],
    ['[a](docs/a.md#here)', '<a id="here"></a> a'],
    ['[a](#a)', '# A'],
  ])('should find the heading of %s in %j', (link, text) => {
    expect(deadLinks('README.md', `# A\n${link}`, among(['docs/a.md']), () => text)).toEqual([]);
  });

  it('should be followed from the folder of their page', () => {
    const text = '[a](../b/c.md), [b](../b), [c](https://x.y), `[e](gone.md)`';
    expect(deadLinks('a/page.md', text, among(['b/c.md']), () => '')).toEqual([]);
  });
});

describe('the first screen of the README', () => {
  const [screen = ''] = textOf('README.md').split('\n## A first flow\n');
  const lines = screen.split('\n');

  it('should be readable in 80 columns, as the rest is', () => {
    expect(lines.length).toBeLessThan(40);
    expect(
      textOf('README.md')
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });

  it('should say what it is, show a flow, and have the commands for who installs and for who has cloned', () => {
    const at = ['# routilux', 'A workflow engine', '```text', 'npm install routilux', 'npm ci && npm start', 'npm cit'].map(
      (part) => lines.findIndex((line) => line.startsWith(part)),
    );
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  it('should have the commands once more where it says how to work on it', () => {
    const [, work = ''] = textOf('README.md').split('\n## Working on it\n');
    expect(work).toContain('npm ci && npm start');
    expect(work).toContain('npm cit');
  });
});
