import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXAMPLES, runExample } from './support/runExample.js';

/** The main example prints too much for a comment; it has a spec of its own. */
const MAIN = 'access-log.ts';

const isExample = (name: string): boolean => /^[a-z].*\.ts$/.test(name);

const examples = readdirSync(EXAMPLES).filter(isExample);
const short = examples.filter((file) => file !== MAIN);

const textOf = (file: string): string => readFileSync(join(EXAMPLES, file), 'utf8');

/** What the comment at the top of an example says that it prints; undefined where it says nothing. */
const promisedBy = (source: string): string | undefined => {
  const header = source.slice(0, source.search(/^(?!\/\/)/m)).split('\n');
  const start = header.indexOf('// prints:');
  if (start === -1) return undefined;
  return header
    .slice(start + 1)
    .filter((line) => line.startsWith('//   '))
    .map((line) => `${line.slice('//   '.length)}\n`)
    .join('');
};

describe('examples', () => {
  it.concurrent.each(short)('should print what %s says, and nothing else', async (file) => {
    const promised = promisedBy(textOf(file));
    const ran = await runExample(file);
    // An example without a block, or with an empty one, promises nothing that could be kept.
    expect(promised).toMatch(/\S/);
    expect(ran).toEqual({ code: 0, stdout: promised, stderr: '' });
  });

  it('should hold the ones that the house style names', () => {
    const named = [
      'hello',
      'access-log',
      'fan-out',
      'fan-in',
      'mapping',
      'retry',
      'pause-resume',
      'custom-merge',
      'stream-handler',
    ];
    expect(examples).toEqual(expect.arrayContaining(named.map((name) => `${name}.ts`)));
  });

  it('should stand in the table of the README, one row each', () => {
    const linked = [...textOf('README.md').matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, name, target]) => [name, target]);
    expect(linked.sort()).toEqual(examples.map((file) => [file, file]).sort());
  });

  it.each(examples)('should tell the story of %s first', (file) => {
    expect(textOf(file)).toMatch(/^\/\/ \S+.*\n\/\//);
  });

  it.each(examples)('should use the package in %s as a stranger does, by its name', (file) => {
    const imported = [...textOf(file).matchAll(/from '([^']+)'/g)].map(([, from]) => from);
    expect(imported).toContain('routilux');
    expect(imported.filter((from) => from?.startsWith('..'))).toEqual([]);
  });
});
