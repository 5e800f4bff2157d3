// Runs jobs one after the other, by the built package, and tells by how many bytes each makes the heap grow that is collected young.
const { Flow, Routine } = require('../../dist/cjs/index.cjs');

const JOBS = 1_500;
const { gc: collect } = globalThis;
const routine = new Routine();
routine.defineEvent('o');
routine.defineSlot('trigger', ({ n = 0 }, ctx) => {
  if (n < 3) ctx.emit('o', { n: n + 1 });
  ctx.track(Promise.resolve());
});
const flow = new Flow();
flow.addRoutine(routine, 's');
flow.connect('s', 'o', 's', 'trigger');

const batch = async () => {
  for (let job = 0; job < JOBS; job++) await flow.execute('s');
};

const main = async () => {
  await batch();
  const grown = [];
  for (let time = 0; time < 3; time++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    await batch();
    // What survives two of them is taken for old.
    for (let minor = 0; minor < 2; minor++) collect({ type: 'minor' });
    grown.push((process.memoryUsage().heapUsed - before) / JOBS);
  }
  process.stdout.write(JSON.stringify(grown));
};

void main();
