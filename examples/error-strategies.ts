// Error strategies: the same flow, in which the second of three parcels is broken. STOP ends the job there and then,
// CONTINUE notes the error and goes on, SKIP goes on as if the parcel had not been needed.
//
// prints:
//   stop: job failed, delivered 1, routine failed (parcel 2 is broken)
//   continue: job completed, delivered 1 3, routine error_continued (parcel 2 is broken)
//   skip: job completed, delivered 1 3, routine skipped (parcel 2 is broken)
import { ErrorHandler, type ErrorStrategy, Flow, Routine } from 'routilux';

const flowWith = (strategy: ErrorStrategy): Flow => {
  const depot = new Routine();
  const parcel = depot.defineEvent<{ n: number }>('parcel');
  depot.defineSlot('trigger', (_, ctx) => {
    for (const n of [1, 2, 3]) ctx.emit(parcel, { n });
  });

  const van = new Routine();
  const load = van.defineSlot('load', ({ n }: { n: number }, ctx) => {
    if (n === 2) throw new Error('parcel 2 is broken');
    ctx.output('delivered', { n });
  });
  van.setErrorHandler(new ErrorHandler({ strategy }));

  const flow = new Flow();
  flow.addRoutine(depot, 'depot');
  flow.addRoutine(van, 'van');
  flow.connect(parcel, load);
  return flow;
};

for (const strategy of ['stop', 'continue', 'skip'] as const) {
  const state = await flowWith(strategy).execute('depot');
  const delivered = state.outputLog.map(({ data }) => data['n']).join(' ');
  const { status, error } = state.routineState('van') as { status: string; error: string };
  console.log(`${strategy}: job ${state.status}, delivered ${delivered}, routine ${status} (${error})`);
}
