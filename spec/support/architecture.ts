import { posix } from 'node:path';
import { type Import, importsOf, statementsBesideExports, type Tree } from './imports.js';

/** From top to bottom: what stands below may import what stands above, never the reverse. The doors are the files at the root. */
export const LAYERS = [
  'prelude',
  'flow',
  'job',
  'engine',
  'wire',
  'doors',
  'index',
  'rx',
  'runtime',
  'routines',
  'testing',
  'store',
  'node',
];

const ASYNC_CONTEXT = '#async-context';

const layerOf = (path: string): string => {
  if (path === 'index.ts') return 'index';
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'doors';
};

const rank = (path: string): number => LAYERS.indexOf(layerOf(path));

/** The file that an import points at; undefined for one from outside the library. */
const targetOf = ({ from, specifier }: Import): string | undefined => {
  if (specifier === ASYNC_CONTEXT) return 'prelude/asyncContext.node.ts';
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts') : undefined;
};

const at = ({ from, line }: Import): string => `lib/${from}:${String(line)}`;

const importsIn = (tree: Tree): readonly Import[] => [...tree].flatMap(([path, text]) => importsOf(path, text));

/** The names that `index.ts` hands on, each with the file it comes from. */
const publicNames = (tree: Tree): ReadonlySet<string> =>
  new Set(
    importsOf('index.ts', tree.get('index.ts') ?? '').flatMap((one) => one.names.map((name) => `${targetOf(one) ?? ''} ${name}`)),
  );

const belongsNowhere = (tree: Tree): readonly string[] =>
  [...tree.keys()].filter((path) => rank(path) < 0).map((path) => `lib/${path} is in no layer`);

const leadsNowhere = (tree: Tree): readonly string[] =>
  importsIn(tree).flatMap((one) => {
    const target = targetOf(one);
    return target === undefined || tree.has(target) ? [] : [`${at(one)} imports '${one.specifier}', which is not there`];
  });

/**
 * A value may only come from above. A type may come from below too, since the compiler removes the import; but only one
 * that users know, by `index.ts`: what a handler gets, what a job tells, the doors. An internal of a lower layer is
 * none of the business of the layers above it.
 */
const pointsDown = (tree: Tree): readonly string[] => {
  const known = publicNames(tree);
  return importsIn(tree).flatMap((one) => {
    const target = targetOf(one);
    if (target === undefined || rank(target) <= rank(one.from)) return [];
    if (!one.typeOnly) return [`${at(one)} imports '${one.specifier}' by value, which stands below it`];
    const inner = one.names.length === 0 ? ['everything'] : one.names.filter((name) => !known.has(`${target} ${name}`));
    return inner.map(
      (name) => `${at(one)} takes the type ${name} from '${one.specifier}', which stands below it and is not public`,
    );
  });
};

const isForNode = (path: string): boolean => path.endsWith('.node.ts') || path.split('/').slice(0, -1).includes('node');

const comesFromOutside = (tree: Tree, peers: readonly string[]): readonly string[] =>
  importsIn(tree).flatMap((one) => {
    const { specifier, from } = one;
    if (targetOf(one) !== undefined || peers.some((peer) => specifier === peer || specifier.startsWith(`${peer}/`))) return [];
    if (specifier.startsWith('node:'))
      return isForNode(from) ? [] : [`${at(one)} imports '${specifier}' outside the files for Node`];
    return [`${at(one)} imports '${specifier}', which is no peer`];
  });

const indexDoesMore = (tree: Tree): readonly string[] =>
  statementsBesideExports('index.ts', tree.get('index.ts') ?? '').map(
    (line) => `lib/index.ts:${String(line)} does more than hand on a name`,
  );

/** Each cycle among value imports once, from its first file on. */
const cycles = (tree: Tree): readonly string[] => {
  const edges = new Map<string, Import[]>();
  for (const one of importsIn(tree)) if (!one.typeOnly) edges.set(one.from, [...(edges.get(one.from) ?? []), one]);
  const done = new Set<string>();
  const faults: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (done.has(path)) return;
    for (const one of edges.get(path) ?? []) {
      const target = targetOf(one);
      const start = target === undefined ? -1 : [...trail, path].indexOf(target);
      if (target !== undefined && start < 0) visit(target, [...trail, path]);
      else if (target !== undefined)
        faults.push(`${at(one)} closes the cycle ${[...trail, path].slice(start).join(' → ')} → ${target}`);
    }
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return faults;
};

/** Everything that is not as the house is built, one sentence each, with file and line. */
export const faultsIn = (tree: Tree, peers: readonly string[]): readonly string[] => [
  ...belongsNowhere(tree),
  ...leadsNowhere(tree),
  ...pointsDown(tree),
  ...comesFromOutside(tree, peers),
  ...indexDoesMore(tree),
  ...cycles(tree),
];
