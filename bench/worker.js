// A process that measures: it opens contenders, and runs a round of one when asked to.
import { contender, NeverEnds, WrongResult } from './measure.js';
import { contendersOf, sizeOf } from './contenders.js';
import { workloads } from './workloads/index.js';

const opened = new Map();

const open = ({ key, id, at, name, smoke, control }) => {
  const workload = workloads.find((each) => each.id === id);
  const each = workload.cases[at];
  const size = sizeOf(each, smoke);
  const { prepare, options } = contendersOf(workload, each).get(name);
  const { count, sum } = workload.expected(size);
  const expected = { count: control ? count + 1 : count, sum };
  opened.set(key, contender({ prepare, size, options, tasks: workload.tasks(size), expected, minMs: smoke ? 0 : 100 }));
};

const statusOf = (error) => {
  if (error instanceof WrongResult) return 'wrong';
  if (error instanceof NeverEnds) return 'never ends';
  return /call stack/.test(error?.message) ? 'overflows' : 'failed';
};

const causeOf = (error) => (error?.cause === undefined ? '' : `: ${causeOf(error.cause) || error.cause.message}`);

const answer = (key, outcome) => process.connected && process.send({ key, ...outcome });

const answerError = (key, error) => {
  answer(key, { status: statusOf(error), why: `${error?.message ?? error}${causeOf(error)}` });
};

let current;

process.on('message', async (message) => {
  current = message.key;
  try {
    if (!opened.has(message.key)) open(message);
    answer(message.key, { status: 'ok', value: await opened.get(message.key)() });
    if (!message.smoke) globalThis.gc(); // while it waits for its next turn it holds nothing
  } catch (error) {
    answerError(message.key, error);
  }
});
process.on('uncaughtException', (error) => answerError(current, error));
process.on('disconnect', () => process.exit());
