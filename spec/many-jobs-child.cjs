// 2,000 jobs at once, of 20 tasks that wait: how many may begin is the argument. Prints what they came to, when the first one had ended
// (a part of the whole time), and the highest that the heap stood above that before the first start, in B.
const { Flow, Routine } = require('../dist/cjs/index.cjs');

const JOBS = 2_000;
const maxJobs = Number(process.argv[2]);

const reader = new Routine();
reader.defineEvent('row');
reader.defineSlot('trigger', (_, ctx) => {
  for (let n = 0; n < 20; n++) ctx.emit('row', { n });
});
const writer = new Routine();
writer.defineSlot('row', () => new Promise((resolve) => setTimeout(resolve, 1)));

const flow = new Flow({ maxJobs, maxWorkers: 8, executionTimeoutMs: maxJobs === Infinity ? Infinity : 3_000 });
flow.addRoutine(reader, 'reader');
flow.addRoutine(writer, 'writer');
flow.connect('reader.row', 'writer.row');

const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};

const run = (jobs, look) =>
  new Promise((resolve) => {
    const came = {};
    const started = performance.now();
    let first;
    let left = jobs;
    const timer = setInterval(look, 300);
    const ended = ({ status, error }) => {
      came[error?.code ?? status] = (came[error?.code ?? status] ?? 0) + 1;
      first ??= performance.now() - started;
      if (--left > 0) return;
      clearInterval(timer);
      resolve({ came, first: first / (performance.now() - started) });
    };
    for (let job = 0; job < jobs; job++) void flow.execute('reader').then(ended);
    setTimeout(look, 20);
  });

const main = async () => {
  // Until its code is compiled, and the flow has seen a queue.
  await run(JOBS / 2, () => undefined);
  const before = heap();
  let peak = 0;
  const told = await run(JOBS, () => {
    peak = Math.max(peak, heap() - before);
  });
  process.stdout.write(JSON.stringify({ ...told, peak }));
};

void main();
