// What was asked for on the command line.
import { readdirSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { parseArgs } from 'node:util';

const OPTIONS = { seed: { type: 'string' }, count: { type: 'string' }, list: { type: 'boolean', default: false } };

const isSource = (path) => path.startsWith('lib/') && path.endsWith('.ts') && !path.endsWith('.d.ts');

export const sourcesIn = (root) =>
  readdirSync(join(root, 'lib'), { recursive: true })
    .map((path) => posix.join('lib', path.replaceAll('\\', '/')))
    .filter(isSource)
    .sort();

const below = (root, given) => {
  const path = relative(root, join(root, given)).replaceAll('\\', '/');
  if (statSync(join(root, path), { throwIfNoEntry: false }) === undefined) throw new Error(`There is no ${given}`);
  return (file) => file === path || file.startsWith(`${path}/`);
};

const wholeNumber = (name, text) => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} is a whole number, not '${text}'`);
  return Number(text);
};

/** A sample of 40 of everything, or all mutations of what is named. */
export const optionsOf = (root, args) => {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const isAsked = positionals.map((path) => below(root, path));
  const files = sourcesIn(root).filter((file) => isAsked.length === 0 || isAsked.some((asked) => asked(file)));
  if (files.length === 0) throw new Error(`No sources of lib: ${positionals.join(' ')}`);
  const count = values.count === undefined ? undefined : wholeNumber('count', values.count);
  return {
    files,
    count: count ?? (positionals.length === 0 && !values.list ? 40 : Infinity),
    seed: values.seed ?? String(Math.floor(Math.random() * 1e9)),
    list: values.list,
  };
};
