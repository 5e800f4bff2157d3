// Runs in a real browser: timers, async handlers, several workers, and the error that names the way out where the
// platform cannot find a job after an `await`.
import { Flow, JobState, Registry, Routine } from 'routilux';

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

const writtenDown = async () => {
  const seen = [];
  const [first, second] = [new Flow({ flowId: 'page' }), new Flow({ flowId: 'page' })];
  for (const flow of [first, second]) {
    flow.addRoutine(
      source((_, ctx) => {
        ctx.emit('output', { n: -0 });
        void ctx.pause();
      }),
      'source',
    );
    flow.addRoutine(collector(seen), 'target');
    flow.connect('source', 'output', 'target', 'input');
  }
  const job = first.start('source');
  await new Promise((paused) => job.status$.subscribe((status) => status === 'paused' && paused()));
  const state = await second.resume(JobState.fromJSON(JSON.stringify(job.snapshot()))).done;
  return { status: state.status, negativeZero: Object.is(seen[0], -0), types: new Registry().types };
};

window.outcome = Promise.all([
  writtenDown(),
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
]).then(([written, byContext, atOnce, afterAwait]) => ({ written, byContext, atOnce, afterAwait }));
