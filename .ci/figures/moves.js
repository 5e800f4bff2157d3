// How far a payload travels through the files of the library, from `ctx.emit` in one handler to the next handler. Runs the built
// ES modules with a call in front of every function that says which file it stands in.
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';

// ── code that tells of itself ───────────────────────────────────────────────────────────────────────────────────────

/** What is put in front of a body, and behind it. */
const insertionsAt = (body, file) => {
  const call = `globalThis.entered(${JSON.stringify(file)})`;
  if (ts.isBlock(body)) return [{ at: body.getStart() + 1, text: `${call};` }];
  return [
    { at: body.getStart(), text: `(${call}, ` },
    { at: body.getEnd(), text: ')' },
  ];
};

const insertionsIn = (node, file) => {
  const own = ts.isFunctionLike(node) && node.body !== undefined ? insertionsAt(node.body, file) : [];
  const inner = [];
  ts.forEachChild(node, (child) => void inner.push(...insertionsIn(child, file)));
  return [...own, ...inner];
};

/** A module in which every function, when it is called, says the name of its file. */
const telling = (text, file) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const insertions = insertionsIn(source, file).sort((a, b) => a.at - b.at);
  let [done, at] = ['', 0];
  for (const { at: next, text: inserted } of insertions) {
    done += text.slice(at, next) + inserted;
    at = next;
  }
  return done + text.slice(at);
};

const tellingPlugin = (dist) => ({
  name: 'telling',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.js$/ }, ({ path }) => ({ contents: telling(readFileSync(path, 'utf8'), relative(dist, path)) }));
  },
});

/** Loads the package in a folder, as its ES modules. */
const load = async (folder, work) => {
  const dist = join(folder, 'dist/esm');
  const outfile = join(work, 'telling.mjs');
  await build({
    entryPoints: [join(dist, 'index.js')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    tsconfigRaw: {},
    external: ['rxjs', 'fp-ts', 'io-ts', 'node:*'],
    alias: { '#async-context': join(dist, 'prelude/asyncContext.node.js') },
    plugins: [tellingPlugin(dist)],
  });
  symlinkSync(join(folder, 'node_modules'), join(work, 'node_modules'));
  return import(pathToFileURL(outfile).href);
};

// ── a payload on its way ────────────────────────────────────────────────────────────────────────────────────────────

const HOPS = 200;

/** The files that are entered from each emit to the handler that it leads to; one list for each hop. */
const hops = async ({ Flow, Routine }, watch) => {
  const all = [];
  const routine = new Routine();
  routine.defineEvent('o');
  routine.defineSlot('trigger', ({ n = 0 }, ctx) => {
    globalThis.entered = () => undefined;
    if (n === HOPS) return;
    const files = [];
    all.push(files);
    globalThis.entered = (file) => files.push(file);
    ctx.emit('o', { n: n + 1 });
  });
  const flow = new Flow();
  flow.addRoutine(routine, 's');
  flow.connect('s', 'o', 's', 'trigger');
  const job = flow.start('s');
  watch(job);
  await job.done;
  return all;
};

/** The files as they follow one another: each but the first is a move. */
const wayOf = (files) => files.filter((file, at) => file !== files[at - 1]);

const summary = (files) => {
  const way = wayOf(files);
  const visited = new Set(way);
  const timesIn = (file) => way.filter((each) => each === file).length;
  const busiest = [...visited].reduce((a, b) => (timesIn(b) > timesIn(a) ? b : a));
  return {
    calls: files.length,
    moves: way.length - 1,
    returns: way.length - visited.size,
    files: visited.size,
    busiest: [busiest, timesIn(busiest)],
    way,
  };
};

/** The shortest way of all hops: now and then one looks at the clock, or ends a slice. */
const shortest = (all) => all.map(summary).reduce((a, b) => (b.calls < a.calls ? b : a));

export const movesIn = async (folder) => {
  const work = mkdtempSync(join(tmpdir(), 'routilux-moves-'));
  globalThis.entered = () => undefined;
  try {
    const library = await load(folder, work);
    return {
      unwatched: shortest(await hops(library, () => undefined)),
      watched: shortest(await hops(library, (job) => void job.record$.subscribe(() => undefined))),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};
