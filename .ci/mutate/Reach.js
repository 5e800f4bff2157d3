// Which specs reach a file of the sources, the likeliest first: named after it, near it, quick.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import ts from 'typescript';

const filesIn = (root, folder, end) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith(end));

// ── what imports what ───────────────────────────────────────────────────────────────────────────────────────────────

const ALIASES = { '#async-context': 'lib/prelude/asyncContext.node.ts', routilux: 'lib/index.ts' };

const pathOf = (from, specifier) => {
  if (Object.hasOwn(ALIASES, specifier)) return ALIASES[specifier];
  if (specifier.startsWith('routilux/')) return `lib/${specifier.slice('routilux/'.length)}/index.ts`;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
};

const isTypeOnly = (statement) => {
  const clause = statement.importClause ?? statement;
  const named = clause.namedBindings ?? clause.exportClause;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword || clause.isTypeOnly) return true;
  return (
    clause.name === undefined &&
    named?.elements !== undefined &&
    named.elements.length > 0 &&
    named.elements.every((each) => each.isTypeOnly)
  );
};

const imported = (file, text) =>
  ts
    .createSourceFile(file, text, ts.ScriptTarget.ES2022)
    .statements.filter((each) => each.moduleSpecifier !== undefined && !isTypeOnly(each))
    .map((each) => pathOf(file, each.moduleSpecifier.text));

/** A program that a spec starts stands in it as a name. */
const started = (file, text) =>
  [...text.matchAll(/'([\w./-]+\.(?:ts|cjs|mjs))'/g)].map(([, name]) => posix.join(posix.dirname(file), name));

const edgesOf = (root, file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...new Set([...imported(file, text), ...(file.startsWith('spec/') ? started(file, text) : [])])].filter(
    (path) => path !== file && existsSync(join(root, path)),
  );
};

const distancesFrom = (start, edges) => {
  const distances = new Map([[start, 0]]);
  for (const [file, distance] of distances)
    for (const next of edges(file)) if (!distances.has(next)) distances.set(next, distance + 1);
  return distances;
};

// ── which spec comes first ──────────────────────────────────────────────────────────────────────────────────────────

/** What says that a spec plays many worlds, or starts programs. */
const SLOW = /support\/arbitrary\.js'|'node:child_process'|\/hosts\.js'/;

/** They look at the built package, which is not mutated, or at types and comments, of which no mutation speaks. */
const ELSEWHERE = /'dist\b|support\/undocumented|^import .* from 'expect-type'/m;

/** The file that a spec is named after, and far enough from every other: `spec/job/fold-twin-spec.ts` belongs to `lib/job/fold.ts`. */
const subjectOf = (root, spec) => {
  const words = basename(spec, '-spec.ts').split('-');
  const names = words.map((_, n) =>
    posix.join('lib', dirname(spec).slice('spec'.length), `${words.slice(0, n + 1).join('-')}.ts`),
  );
  return names.findLast((path) => existsSync(join(root, path)));
};

const roomOf = (path) => dirname(path).replace(/^\w+\/?/, '');

export class Reach {
  constructor(root) {
    const known = new Map();
    this.edges = (file) => known.get(file) ?? known.set(file, edgesOf(root, file)).get(file);
    this.specs = filesIn(root, 'spec', '-spec.ts')
      .filter((path) => !path.endsWith('-long-spec.ts'))
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8'), subject: subjectOf(root, path) }))
      .filter(({ text }) => !ELSEWHERE.test(text))
      .map(({ path, text, subject }) => ({
        path,
        slow: SLOW.test(text),
        distances: distancesFrom(path, this.edges),
        subject: subject === undefined ? new Map() : distancesFrom(subject, this.edges),
      }));
  }

  /** Paths of specs. One that does not come to the file through its imports cannot notice anything. */
  of(file) {
    const weight = ({ path, slow, distances, subject }) => {
      const isStrange = roomOf(path) !== roomOf(file);
      const near = Math.min(3 * (subject.get(file) ?? Infinity), 3 + 2 * distances.get(file));
      return near + (isStrange ? 10 : 0) + (slow && near > 0 ? (isStrange ? 1_000 : 8) : 0);
    };
    return this.specs
      .filter(({ distances }) => distances.has(file))
      .sort((a, b) => weight(a) - weight(b))
      .map(({ path }) => path);
  }
}
