// Runs in a real browser: timers, async handlers, several workers, and the error that names the way out where the
// platform cannot find a job after an `await`.
import { Flow, Routine } from 'routilux';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const collector = (seen) => {
  const routine = new Routine();
  routine.defineSlot('input', ({ n }) => {
    seen.push(n);
  });
  return routine;
};

const source = (handler) => {
  const routine = new Routine();
  routine.defineEvent('output');
  routine.defineSlot('trigger', handler);
  return routine;
};

const run = async (handler) => {
  const seen = [];
  const flow = new Flow({ executionStrategy: 'concurrent', maxWorkers: 4 });
  flow.addRoutine(source(handler), 'source');
  flow.addRoutine(collector(seen), 'target');
  flow.connect('source', 'output', 'target', 'input');
  const state = await flow.execute('source', { n: 1 });
  return { status: state.status, seen, error: state.error?.message, cause: state.error?.cause?.code };
};

window.outcome = Promise.all([
  run(async ({ n }, ctx) => {
    ctx.emit('output', { n });
    await sleep(5);
    ctx.emit('output', { n: n + 1 });
  }),
  run(function ({ n }) {
    this.emit('output', { n });
  }),
  run(async function ({ n }) {
    await sleep(5);
    this.emit('output', { n });
  }),
]).then(([byContext, atOnce, afterAwait]) => ({ byContext, atOnce, afterAwait }));
