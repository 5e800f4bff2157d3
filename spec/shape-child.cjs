// Run by shape-spec.ts in a process of its own: one job on the built package, whose rxjs counts what goes through it from outside.
// Prints what was counted, as JSON.
const rxjs = require('rxjs');

const [, , mode] = process.argv;
const MESSAGES = 1_000;

const nexts = [];
const pools = [];

/** A Subject that counts its `next`s, those of a subclass with a `next` of its own as well. */
class CountedSubject extends rxjs.Subject {
  constructor() {
    super();
    const nth = nexts.push(0) - 1;
    const { next } = this;
    this.next = (value) => {
      nexts[nth]++;
      next.call(this, value);
    };
  }
}

/** An inner observable that tells its pool how long it is subscribed to. */
const countedIn = (pool, inner$) =>
  new rxjs.Observable((observer) => {
    pool.inners++;
    pool.peak = Math.max(pool.peak, ++pool.open);
    const subscription = inner$.subscribe(observer);
    subscription.add(() => pool.open--);
    return subscription;
  });

/** The `mergeMap` of rxjs, with what goes in and comes out. */
const countedMergeMap = (project, limit) => {
  const pool = { limit, inners: 0, open: 0, peak: 0, attempts: 0 };
  pools.push(pool);
  return rxjs.pipe(
    rxjs.mergeMap((value, index) => countedIn(pool, project(value, index)), limit),
    rxjs.tap(() => pool.attempts++),
  );
};

// Whoever requires rxjs from here on gets this one.
require.cache[require.resolve('rxjs')].exports = Object.create(rxjs, {
  Subject: { value: CountedSubject },
  mergeMap: { value: countedMergeMap },
});

const { ErrorHandler, Flow, Routine } = require('../dist/cjs/index.cjs');

let handled = 0;
const HANDLERS = {
  'at once': () => {
    handled++;
  },
  later: async () => {
    handled++;
    await null;
  },
  'in a stream': () => {
    handled++;
    return rxjs.timer(0);
  },
  failing: () => {
    handled++;
    throw new Error('no');
  },
};

const routine = (slot, handler) => {
  const made = new Routine();
  made.defineEvent('o');
  made.defineSlot(slot, handler);
  return made;
};

const build = () => {
  const flow = new Flow({ maxWorkers: 3, errorHandler: new ErrorHandler({ strategy: 'continue' }) });
  const source = routine('trigger', (_, ctx) => {
    for (let n = 0; n < MESSAGES; n++) ctx.emit('o', { n });
  });
  flow.addRoutine(source, 's');
  for (const id of ['a', 'b']) {
    flow.addRoutine(routine('i', HANDLERS[mode]), id);
    flow.connect('s', 'o', id, 'i');
  }
  return flow;
};

build()
  .execute('s')
  .then(({ status }) => {
    process.stdout.write(JSON.stringify({ status, handled, nexts, pools }));
  });
