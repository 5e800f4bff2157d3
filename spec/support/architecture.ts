import { posix } from 'node:path';
import { type Import, importsOf, statementsBesideExports, type Tree } from './imports.js';

/** From top to bottom: what stands below may import what stands above, never the reverse. The doors are the files at the root. */
export const LAYERS = [
  'prelude',
  'flow',
  'plan',
  'job',
  'engine',
  'wire',
  'doors',
  'index',
  'rx',
  'testing',
  'runtime',
  'routines',
  'store',
  'node',
];

/** Layers that stand above, and are none of the business of the one that is named: what happened needs no compiled flow. */
export const CLOSED: Readonly<Record<string, readonly string[]>> = {
  job: ['plan'],
  wire: ['plan', 'engine'],
  store: ['plan', 'engine', 'doors', 'index', 'rx', 'testing', 'runtime'],
};

/** Users' types name one another: a handler gets a context, that has a flow and a job. These files may do so too, by type only. */
const USERS_TYPES = ['Flow.ts', 'Job.ts', 'JobState.ts', 'Routine.ts', 'flow/Context.ts', 'flow/Handler.ts'];

/** Files of the engine (and of rx) that are not yet brought in order: to be emptied, never to grow. */
export const NOT_YET: readonly string[] = [];

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

/** Something that is not as the house is built, and the file that has to change. */
interface Fault {
  readonly file: string;
  readonly says: string;
}

const faultAt = ({ from, line }: Import, says: string): Fault => ({ file: from, says: `lib/${from}:${String(line)} ${says}` });

const importsIn = (tree: Tree): readonly Import[] => [...tree].flatMap(([path, text]) => importsOf(path, text));

const belongsNowhere = (tree: Tree): readonly Fault[] =>
  [...tree.keys()].filter((file) => rank(file) < 0).map((file) => ({ file, says: `lib/${file} is in no layer` }));

const leadsNowhere = (tree: Tree): readonly Fault[] =>
  importsIn(tree).flatMap((one) => {
    const target = targetOf(one);
    return target === undefined || tree.has(target) ? [] : [faultAt(one, `imports '${one.specifier}', which is not there`)];
  });

const isAmongUsersTypes = ({ typeOnly, from }: Import, target: string): boolean =>
  typeOnly && USERS_TYPES.includes(from) && USERS_TYPES.includes(target);

/** A type counts as a value does: who names it knows it. */
const pointsDown = (tree: Tree): readonly Fault[] =>
  importsIn(tree).flatMap((one) => {
    const target = targetOf(one);
    if (target === undefined || rank(target) <= rank(one.from) || isAmongUsersTypes(one, target)) return [];
    return [faultAt(one, `imports '${one.specifier}', which stands below it`)];
  });

const opensClosed = (tree: Tree): readonly Fault[] =>
  importsIn(tree).flatMap((one) => {
    const target = targetOf(one);
    const isClosed = target !== undefined && CLOSED[layerOf(one.from)]?.includes(layerOf(target)) === true;
    return isClosed ? [faultAt(one, `imports '${one.specifier}', which is closed to ${layerOf(one.from)}`)] : [];
  });

/** What the runtime and the stores know of the engine: the durable jobs, whatever its inside looks like. */
const looksInside = (tree: Tree): readonly Fault[] =>
  importsIn(tree).flatMap((one) => {
    const target = targetOf(one);
    const isInside = target?.startsWith('engine/') === true && !target.startsWith('engine/durable/');
    const isOutside = ['runtime', 'store'].includes(layerOf(one.from));
    return isOutside && isInside ? [faultAt(one, `imports '${one.specifier}', which is inside the engine`)] : [];
  });

const isForNode = (path: string): boolean => path.endsWith('.node.ts') || path.split('/').slice(0, -1).includes('node');

const comesFromOutside = (tree: Tree, peers: readonly string[]): readonly Fault[] =>
  importsIn(tree).flatMap((one) => {
    const { specifier, from } = one;
    if (targetOf(one) !== undefined || peers.some((peer) => specifier === peer || specifier.startsWith(`${peer}/`))) return [];
    if (specifier.startsWith('node:'))
      return isForNode(from) ? [] : [faultAt(one, `imports '${specifier}' outside the files for Node`)];
    return [faultAt(one, `imports '${specifier}', which is no peer`)];
  });

const indexDoesMore = (tree: Tree): readonly Fault[] =>
  statementsBesideExports('index.ts', tree.get('index.ts') ?? '').map((line) => ({
    file: 'index.ts',
    says: `lib/index.ts:${String(line)} does more than hand on a name`,
  }));

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

const edgesOf = (imports: readonly Import[]): Edges => {
  const edges = new Map<string, Set<string>>();
  for (const one of imports) {
    const target = targetOf(one);
    if (target !== undefined) edges.set(one.from, (edges.get(one.from) ?? new Set()).add(target));
  }
  return edges;
};

/** The shortest way from a file through its imports back to itself; undefined when none leads back. */
const circleFrom = (file: string, edges: Edges): readonly string[] | undefined => {
  const ways = [[file]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const target of edges.get(way.at(-1) ?? '') ?? []) {
      if (target === file) return [...way, file];
      if (!seen.has(target)) ways.push([...way, target]);
      seen.add(target);
    }
  }
  return undefined;
};

const circles = (files: readonly string[], edges: Edges, how = ''): readonly Fault[] =>
  files.flatMap((file) => {
    const circle = circleFrom(file, edges);
    return circle === undefined ? [] : [{ file, says: `lib/${file} is in a circle${how}: ${circle.join(' → ')}` }];
  });

/** Every file that is in a circle, by type or by value; those of the users' types only if it is by value. */
const goesRound = (tree: Tree): readonly Fault[] => {
  const imports = importsIn(tree);
  const others = [...tree.keys()].filter((file) => !USERS_TYPES.includes(file));
  const byValue = imports.filter(({ typeOnly }) => !typeOnly);
  return [...circles(others, edgesOf(imports)), ...circles(USERS_TYPES, edgesOf(byValue), ' by value')];
};

const allFaults = (tree: Tree, peers: readonly string[]): readonly Fault[] => [
  ...belongsNowhere(tree),
  ...leadsNowhere(tree),
  ...pointsDown(tree),
  ...opensClosed(tree),
  ...looksInside(tree),
  ...comesFromOutside(tree, peers),
  ...indexDoesMore(tree),
  ...goesRound(tree),
];

/**
 * Everything that is not as the house is built, one sentence each, with the file. A file that is not yet brought in order is
 * let off; that there is nothing to let it off is a fault as well.
 */
export const faultsIn = (tree: Tree, peers: readonly string[], notYet: readonly string[] = []): readonly string[] => {
  const faults = allFaults(tree, peers);
  const idle = notYet.filter((file) => !faults.some((fault) => fault.file === file));
  return [
    ...faults.filter(({ file }) => !notYet.includes(file)).map(({ says }) => says),
    ...idle.map((file) => `lib/${file} has no fault, and is still in NOT_YET`),
  ];
};
