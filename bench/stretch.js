// The longest stretch for which a flow keeps the event loop, by what its tasks are like and where they come from (D32: 5 ms of work,
// and the task at hand; up to eight tasks if quick ones turn slow). Prints a table; decides nothing.
import { Flow, Routine } from '../dist/cjs/index.mjs';

const busy = (ms) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

/** What a handler does with its nth task. */
const KINDS = {
  'quick tasks': { count: 200_000, work: () => undefined },
  'tasks of 1 ms': { count: 1_000, work: () => busy(1) },
  'tasks of 20 ms': { count: 50, work: () => busy(20) },
  'quick ones that turn slow': { count: 2_050, work: (nth) => nth >= 2_000 && busy(20) },
};

/** Watches the turns of the event loop: how long the longest was, and how many tasks fell into one. */
const watch = () => {
  const seen = { ms: 0, tasks: 0, nth: 0 };
  let [last, since, isOn] = [performance.now(), 0, true];
  const turned = () => {
    seen.ms = Math.max(seen.ms, performance.now() - last);
    last = performance.now();
    since = 0;
    if (isOn) setImmediate(turned);
  };
  const spend = (work) => {
    // What came before is the user's: one handler that emits everything.
    if (seen.nth === 0) [last, seen.ms] = [performance.now(), 0];
    work(seen.nth++);
    seen.tasks = Math.max(seen.tasks, ++since);
  };
  setImmediate(turned);
  return { seen, spend, stop: () => (isOn = false) };
};

const flowWith = (slots) => {
  const [flow, routine] = [new Flow(), new Routine()];
  routine.defineEvent('o');
  for (const [name, handler] of Object.entries(slots)) routine.defineSlot(name, handler);
  flow.addRoutine(routine, 's');
  if ('i' in slots) flow.connect('s', 'o', 's', 'i');
  return flow;
};

const burst = (count) => (_, ctx) => {
  for (let n = 0; n < count; n++) ctx.emit('o', { n });
};

const MANY = 10;

/** Where the tasks come from. */
const SHAPES = {
  'fan-out': (count, spend) => flowWith({ trigger: burst(count), i: spend }).execute('s'),
  chain: (count, spend) => {
    const hop = ({ n = 0 }, ctx) => {
      spend();
      if (n + 1 < count) ctx.emit('o', { n: n + 1 });
    };
    return flowWith({ trigger: hop, i: hop }).execute('s');
  },
  'many jobs': (count, spend) => {
    const flow = flowWith({ trigger: burst(count / MANY), i: spend });
    return Promise.all(Array.from({ length: MANY }, () => flow.execute('s')));
  },
  'many flows': (count, spend) =>
    Promise.all(Array.from({ length: MANY }, () => flowWith({ trigger: burst(count / MANY), i: spend }).execute('s'))),
};

/**
 * Waits until the slice of the last round is over. Within it the flows have asked for the next turn already: each would run before
 * the watch does, and two slices would count as one.
 */
const quiet = () => new Promise((resolve) => void setTimeout(resolve, 20));

const measure = async (run, { count, work }) => {
  await quiet();
  const { seen, spend, stop } = watch();
  await run(count, () => spend(work));
  stop();
  if (seen.nth !== count) throw new Error(`${seen.nth} of ${count} tasks have run`);
  return seen;
};

/** The shortest of three: what the flow takes, not what the machine was busy with. */
const best = async (run, kind) => {
  const rounds = [];
  for (let round = 0; round < 3; round++) rounds.push(await measure(run, kind));
  const { ms, tasks } = rounds.reduce((a, b) => (b.ms < a.ms ? b : a));
  return `${ms.toFixed(1)} ms, ${tasks}`;
};

const line = (cells) => console.log(`| ${cells.map((cell, at) => cell.padEnd(at === 0 ? 10 : 26)).join(' | ')} |`);

const main = async () => {
  console.log(
    'Between two turns of the event loop: the longest stretch, and the most tasks in one; the shortest of three rounds.\n',
  );
  line(['', ...Object.keys(KINDS)]);
  line(['', ...Object.keys(KINDS)].map((cell, at) => '-'.repeat(at === 0 ? 10 : 26)));
  for (const [name, run] of Object.entries(SHAPES)) {
    const cells = [];
    for (const kind of Object.values(KINDS)) cells.push(await best(run, kind));
    line([name, ...cells]);
  }
};

await main();
