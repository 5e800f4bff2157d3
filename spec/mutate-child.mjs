// node mutate-child.mjs <question> <JSON>: what the pieces of `npm run mutate` answer, as JSON.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Reach } from '../.ci/mutate/Reach.js';
import { Normal, Trial } from '../.ci/mutate/Trial.js';
import { Types } from '../.ci/mutate/Types.js';
import { reasonsIn, rotten, unknown } from '../.ci/mutate/listed.js';
import { mutationsIn } from '../.ci/mutate/mutationsIn.js';
import { optionsOf } from '../.ci/mutate/options.js';
import { isFine, lineOf, tableOf } from '../.ci/mutate/report.js';
import { ranked, sampled } from '../.ci/mutate/sample.js';
import { unchanging } from '../.ci/mutate/unchanging.js';

const root = join(import.meta.dirname, '..');

/** Sources that stand nowhere, by their path. */
const mutationsOfTexts = (texts) => {
  const types = new Types(root, [], texts);
  return { types, mutations: Object.keys(texts).flatMap((file) => mutationsIn(file, types.sourceOf(file), types)) };
};

const changesOf = (texts, isWanted) => {
  const named = Object.fromEntries(texts.map((text, n) => [`lib/text-${n}.ts`, text]));
  const { mutations, types } = mutationsOfTexts(named);
  const wanted = mutations.filter((each) => isWanted(each, types));
  return Object.keys(named).map((file) => wanted.filter((each) => each.file === file).map(({ after }) => after));
};

const mutationsOfFiles = (files) => {
  const types = new Types(root, files);
  return files.flatMap((file) => mutationsIn(file, types.sourceOf(file), types));
};

const filesOf = (entries) => [...new Set(entries.map(({ file }) => file))];

/** A folder with these files, gone afterwards. */
const inFolder = async (texts, work) => {
  const folder = mkdtempSync(join(tmpdir(), 'routilux-mutate-spec-'));
  try {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(folder, 'whole', path)), { recursive: true });
      writeFileSync(join(folder, 'whole', path), text);
    }
    return await work(join(folder, 'whole'), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

const reportOf = (verdicts) => {
  const tried = verdicts.flatMap(([file, verdict, times]) => Array.from({ length: times }, () => ({ file, verdict })));
  return { isFine: isFine(tried), table: tableOf(tried) };
};

const optionsFor = (args) => {
  try {
    const { count, ...options } = optionsOf(root, args);
    return { ...options, count: String(count) };
  } catch (error) {
    return { refused: error.message };
  }
};

const QUESTIONS = {
  /** Each text a file of its own: what may become of it. */
  mutations: (texts) => changesOf(texts, () => true),

  /** The same without what the compiler refuses. */
  compiling: (texts) => changesOf(texts, (mutation, types) => types.accepts(mutation)),

  /** The first `count` of a text without a minus, as the compiler would refuse the others. */
  sample: (asked) => {
    const { mutations } = mutationsOfTexts(Object.fromEntries(asked.map(({ text }, n) => [`lib/text-${n}.ts`, text])));
    return asked.map(({ seed, count }, n) => {
      const own = mutations.filter(({ file }) => file === `lib/text-${n}.ts`).map((each) => ({ ...each, file: 'lib/text.ts' }));
      const { taken, refused } = sampled(ranked(own, seed), count, ({ after }) => !after.includes('-'));
      return { refused, taken: taken.map(({ before, after }) => `${before} → ${after}`) };
    });
  },

  specsOf: ({ texts, files }) => inFolder(texts, (folder) => files.map((file) => new Reach(folder).of(file))),

  /** The list as it is. */
  list: () => ({ rotten: rotten(), unknown: rotten().length > 0 ? [] : unknown(mutationsOfFiles(filesOf(unchanging))) }),

  entries: ({ file, entries }) => {
    const mutations = mutationsOfFiles([file]);
    const standing = entries.filter((entry) => rotten([entry]).length === 0);
    return {
      rotten: rotten(entries),
      unknown: unknown(mutations, standing),
      listed: mutations.filter(reasonsIn(standing)).map((mutation) => [lineOf(mutation), reasonsIn(standing)(mutation)]),
    };
  },

  reports: (all) => all.map(reportOf),

  options: (all) => all.map(optionsFor),

  /** What notices each text in place of a file, and what the file is afterwards. */
  trials: ({ texts, file, specs, mutated }) =>
    inFolder(texts, async (whole, folder) => {
      const copy = join(folder, 'copy');
      cpSync(whole, copy, { recursive: true });
      const trial = new Trial(copy, new Normal(whole), 8_000);
      const said = [];
      for (const text of mutated) said.push(await trial.of({ file, text }, specs).catch((error) => ({ thrown: error.message })));
      return { said: said.map((each) => each ?? null), after: readFileSync(join(copy, file), 'utf8') };
    }),
};

const [question, asked] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await QUESTIONS[question](JSON.parse(asked))));
