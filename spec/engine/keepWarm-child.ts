// Runs jobs one after the other, nothing of which is alive at the full collections between them.
import { type Context, Flow, Routine } from '../../lib/index.js';

const flow = new Flow();
const routine = new Routine();
routine.defineEvent('o');
routine.defineSlot('trigger', ({ n = 0 }: { n?: number }, ctx: Context) => {
  if (n < 50_000) ctx.emit('o', { n: n + 1 });
});
flow.addRoutine(routine, 's');
flow.connect('s', 'o', 's', 'trigger');

const main = async (): Promise<void> => {
  for (let time = 0; time < 12; time++) {
    await flow.execute('s');
    for (let full = 0; full < 3; full++) globalThis.gc?.();
  }
};

void main();
