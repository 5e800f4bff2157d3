// How the sources of a checkout are built: the longest file, the widest class, who is in a circle with whom, whose imports point down.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import ts from 'typescript';

const { importsOf } = await tsImport('../../spec/support/imports.ts', import.meta.url);
const { LAYERS } = await tsImport('../../spec/support/architecture.ts', import.meta.url);

const sourcesIn = (folder) => {
  const lib = join(folder, 'lib');
  const paths = readdirSync(lib, { recursive: true }).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  return new Map(paths.map((path) => [path.split(sep).join('/'), readFileSync(join(lib, path), 'utf8')]));
};

const largest = (pairs) => pairs.reduce((a, b) => (b[1] > a[1] ? b : a));

const longestFile = (sources) => largest([...sources].map(([path, text]) => [path, text.trimEnd().split('\n').length]));

// ── classes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const HIDDEN = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];

const isHidden = ({ name, modifiers = [] }) =>
  ts.isPrivateIdentifier(name) || modifiers.some(({ kind }) => HIDDEN.includes(kind));

/** Fields that a constructor declares by its parameters. */
const declaredBy = (member) =>
  ts.isConstructorDeclaration(member) ? member.parameters.filter((each) => ts.isParameterPropertyDeclaration(each, member)) : [];

/** By name, so that a getter and its setter are one, and so are the signatures of an overload. */
const publicNames = (declaration) => {
  const members = declaration.members.flatMap((member) => [member, ...declaredBy(member)]);
  const shown = members.filter((member) => member.name !== undefined && !isHidden(member));
  return new Set(shown.map(({ name }) => name.getText()));
};

const classesIn = (path, text) => {
  const found = [];
  const visit = (node) => {
    if (ts.isClassLike(node)) found.push([node.name?.text ?? path, publicNames(node).size]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return found;
};

const widestClass = (sources) => largest([...sources].flatMap(([path, text]) => classesIn(path, text)));

// ── imports ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The imports within the library, each with the file that it points at. */
const arrowsIn = (sources) =>
  [...sources].flatMap(([path, text]) =>
    importsOf(path, text)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map((one) => ({ ...one, to: posix.join(posix.dirname(path), one.specifier).replace(/\.js$/, '.ts') }))
      .filter(({ to }) => sources.has(to)),
  );

const reachedFrom = (start, edges) => {
  const reached = new Set();
  const left = [start];
  for (let file = left.pop(); file !== undefined; file = left.pop())
    for (const next of edges.get(file) ?? []) {
      if (!reached.has(next)) left.push(next);
      reached.add(next);
    }
  return reached;
};

const byFile = (arrows) => {
  const edges = new Map();
  for (const { from, to } of arrows) edges.set(from, [...(edges.get(from) ?? []), to]);
  return edges;
};

/** The files that lead back to themselves. */
const inCircles = (arrows) => {
  const edges = byFile(arrows);
  return [...edges.keys()].filter((file) => reachedFrom(file, edges).has(file)).sort();
};

const rank = (path) => LAYERS.indexOf(path === 'index.ts' ? 'index' : path.includes('/') ? path.split('/')[0] : 'doors');

/** The imports that point from a layer to one below it, each pair of files once. */
const pointingDown = (arrows) => [
  ...new Set(arrows.filter(({ from, to }) => rank(to) > rank(from)).map(({ from, to }) => `${from} → ${to}`)),
];

export const houseOf = (folder) => {
  const sources = sourcesIn(folder);
  const arrows = arrowsIn(sources);
  const values = arrows.filter(({ typeOnly }) => !typeOnly);
  return {
    files: sources.size,
    longestFile: longestFile(sources),
    widestClass: widestClass(sources),
    circles: { byValue: inCircles(values), byType: inCircles(arrows) },
    down: { byValue: pointingDown(values), byType: pointingDown(arrows) },
  };
};
