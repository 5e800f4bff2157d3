// Do the specs notice? Puts one mutation at a time into a copy of the sources, runs the specs that reach it, the likeliest first, and
// wants one of them to fail. At most three of a hundred may survive, beside those of unchanging.js, which change nothing.
//
//   npm run mutate                              40 mutations of all of lib
//   npm run mutate -- lib/job lib/Flow.ts       all mutations of a folder and of a file
//   npm run mutate -- --count 100 --seed 7      100, the same ones for the same seed
//   npm run mutate -- --list lib/job/fold.ts    what would be tried
import { join } from 'node:path';
import { copyTo, root, workFolder } from '../jest/copy.js';
import { Reach } from './Reach.js';
import { Normal, Trial } from './Trial.js';
import { Types } from './Types.js';
import { reasonsIn, rotten, unknown } from './listed.js';
import { mutationsIn } from './mutationsIn.js';
import { optionsOf, sourcesIn } from './options.js';
import { isFine, lineOf, tableOf } from './report.js';
import { ranked, sampled } from './sample.js';

const AT_ONCE = 2;
const LINKED = ['node_modules', 'dist', 'docs', 'examples', 'README.md', 'CHANGELOG.md'];

const { files, count, seed, list } = optionsOf(root, process.argv.slice(2));

const types = new Types(root, sourcesIn(root));
const mutations = files.flatMap((file) => mutationsIn(file, types.sourceOf(file), types));

const rot = [...rotten(), ...(rotten().length > 0 ? [] : unknown(mutations))];
if (rot.length > 0) throw new Error(`unchanging.js does not fit the sources:\n${rot.join('\n')}`);
const reasonOf = reasonsIn();

const choose = () => {
  const order = count === Infinity ? mutations : ranked(mutations, seed);
  return sampled(order, count, (mutation) => types.accepts(mutation));
};

/** Two side by side, each in a folder of its own. */
const tryAll = async (chosen) => {
  const work = workFolder('mutate');
  const normal = new Normal(copyTo(join(work, 'whole'), LINKED));
  const reach = new Reach(root);
  const left = [...chosen];
  const tried = [];

  const judge = async (trial, mutation) => {
    const why = reasonOf(mutation);
    if (why !== undefined) return { verdict: 'listed', said: why };
    const said = await trial.of(mutation, reach.of(mutation.file));
    return said === undefined ? { verdict: 'survived', said: 'all pass' } : { verdict: 'killed', said };
  };

  const attempt = async (trial, mutation) => {
    const started = performance.now();
    const { verdict, said } = await judge(trial, mutation);
    const seconds = Math.round((performance.now() - started) / 1_000);
    tried.push({ ...mutation, verdict });
    const place = `${tried.length}/${chosen.length}`;
    console.log(`${place} ${verdict === 'survived' ? 'SURVIVED' : verdict}  ${lineOf(mutation)}  (${said}, ${seconds} s)`);
  };

  const worker = async (_, n) => {
    const trial = new Trial(copyTo(join(work, `copy-${n}`), LINKED), normal);
    for (let next = left.shift(); next !== undefined; next = left.shift()) await attempt(trial, next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return tried;
};

const tell = (tried) => {
  console.log(`\n${tableOf(tried)}`);
  const survivors = tried.filter(({ verdict }) => verdict === 'survived');
  if (survivors.length > 0)
    console.log(`\nSurvived: write a spec that notices, or an entry of .ci/mutate/unchanging.js that says why nobody can.`);
  for (const mutation of survivors) console.log(`  ${lineOf(mutation)}`);
};

const { taken, refused } = choose();
if (list) for (const mutation of taken) console.log(lineOf(mutation));
console.log(`${taken.length} of ${mutations.length} mutations, seed ${seed}; ${refused} passed over that do not compile`);
if (!list) {
  const tried = await tryAll(taken);
  tell(tried);
  process.exitCode = isFine(tried) ? 0 : 1;
}
