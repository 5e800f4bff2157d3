// A flow and its test in marbles: virtual time, plain async handlers, no test runner needed.
//
// The reader takes 10 ms and emits two lines; the parser fails on the second one at first, and tries again after 20 ms.
//
// prints:
//   as drawn
import { type Context, ErrorHandler, Flow, type FlowOptions, Routine } from 'routilux';
import { testFlow } from 'routilux/testing';

const makeFlow = (options: FlowOptions, sleep: (ms: number) => Promise<void>): Flow => {
  const flow = new Flow(options);
  const reader = new Routine();
  reader.defineEvent('line');
  reader.defineSlot('trigger', async (_, ctx) => {
    await sleep(10);
    for (const text of ['one', 'two']) ctx.emit('line', { text });
  });
  const parser = new Routine().setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 20 }));
  parser.defineSlot('line', ({ text }, ctx: Context) => {
    if (text === 'two' && ctx.attempt === 1) throw new Error('not yet');
  });
  flow.addRoutine(reader, 'r');
  flow.addRoutine(parser, 'p');
  flow.connect('r.line', 'p.line');
  return flow;
};

await testFlow(({ start, sleep, expectJob, flowOptions }) => {
  const job = start(makeFlow(flowOptions, sleep), 'r');
  expectJob(job).toBe(
    {
      starts: '       r 9ms (pp) 16ms (p|)',
      retries: '      - 9ms p    19ms |',
      'emits r.line': '- 9ms (ab) 16ms |',
    },
    { a: { text: 'one' }, b: { text: 'two' } },
  );
});
console.log('as drawn');
