import { type Context, ErrorHandler, Flow, type JobState, Routine } from 'routilux';

/** What handlers have written outside: under an id, with the input that they got. */
export class Outside {
  readonly written: [taskId: string, input: string][] = [];
  /** The job, as it is seen in a handler. */
  job: JobState | undefined = undefined;

  write(ctx: Context, input: unknown): void {
    this.written.push([ctx.taskId, JSON.stringify(input)]);
    this.job = ctx.job;
  }
}

/** A small flow, and what it comes to, whatever dies on the way. */
export interface Small {
  readonly name: string;
  /** Made anew for each process, as a program does. */
  readonly make: (outside: Outside) => Flow;
  readonly entry: string;
  readonly params: object;
  /** A part of its outcome. */
  readonly comesTo: object;
}

const routine = (build: (routine: Routine) => void): Routine => {
  const made = new Routine();
  build(made);
  return made;
};

const chain = (outside: Outside): Flow => {
  const flow = new Flow({ flowId: 'chain' });
  const step = (name: string): Routine =>
    routine((made) => {
      const out = made.defineEvent('out');
      made.defineSlot('trigger', (data, ctx) => {
        outside.write(ctx, data);
        // Another process would draw another number.
        ctx.setState((own) => ({ ...own, runs: ((own['runs'] as number | undefined) ?? 0) + 1 }));
        ctx.emit(out, { ...data, [name]: { random: Math.random() } });
      });
    });
  for (const name of ['a', 'b', 'c']) flow.addRoutine(step(name), name);
  flow.connect('a', 'out', 'b', 'trigger');
  flow.connect('b', 'out', 'c', 'trigger');
  return flow;
};

const fan = (outside: Outside): Flow => {
  const flow = new Flow({ flowId: 'fan', maxWorkers: 3, history: 5 });
  flow.addRoutine(
    routine((made) => {
      const item = made.defineEvent('item');
      made.defineSlot('trigger', ({ n }, ctx) => {
        for (let at = 0; at < (n as number); at++) ctx.emit(item, { at });
      });
    }),
    'fan',
  );
  const work = routine((made) => {
    const done = made.defineEvent('done');
    made.defineSlot('in', async ({ at }, ctx) => {
      outside.write(ctx, at);
      await Promise.resolve();
      if (at === 2 && ctx.attempt === 1) throw new Error('once more');
      ctx.setState((own) => ({ sum: ((own['sum'] as number | undefined) ?? 0) + (at as number) }));
      ctx.shared.set(`item ${String(at)}`, at);
      ctx.emit(done, { at });
    });
  });
  work.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 2 }));
  flow.addRoutine(work, 'work');
  flow.addRoutine(
    routine((made) => {
      made.defineSlot('in', ({ at }, ctx) => ctx.output('gathered', { count: (at as unknown[]).length }), { merge: 'append' });
    }),
    'gather',
  );
  flow.connect('fan', 'item', 'work', 'in');
  flow.connect('work', 'done', 'gather', 'in');
  return flow;
};

const loop = (outside: Outside): Flow => {
  const flow = new Flow({ flowId: 'loop', history: 3 });
  const count = routine((made) => {
    const again = made.defineEvent('again');
    made.defineSlot('trigger', ({ left }, ctx) => {
      outside.write(ctx, left);
      ctx.shared.log({ left });
      if ((left as number) > 0) ctx.emit(again, { left: (left as number) - 1 }, { delayMs: 1 });
    });
  });
  flow.addRoutine(count, 'count');
  flow.connect('count', 'again', 'count', 'trigger');
  return flow;
};

const failing = (outside: Outside): Flow => {
  const flow = new Flow({ flowId: 'failing', maxWorkers: 2 });
  const start = routine((made) => {
    const out = made.defineEvent('out');
    made.defineSlot('trigger', (_, ctx) => {
      for (const at of [0, 1, 2, 3]) ctx.emit(out, { at });
    });
  });
  const skip = routine((made) => {
    const kept = made.defineEvent('kept');
    made.defineEvent('lost');
    made.defineSlot('in', ({ at }, ctx) => {
      outside.write(ctx, at);
      ctx.emit(kept, { at });
      if (at === 1) throw new TypeError('no');
    });
  });
  skip.setErrorHandler(new ErrorHandler({ strategy: 'continue', fallback: 'lost' }));
  const end = routine((made) => {
    made.defineSlot('in', ({ at }, ctx) => ctx.output('kept', { at }));
    made.defineSlot('lost', ({ data }, ctx) => ctx.output('lost', data as object));
  });
  flow.addRoutine(start, 'start');
  flow.addRoutine(skip, 'skip');
  flow.addRoutine(end, 'end');
  flow.connect('start', 'out', 'skip', 'in');
  flow.connect('skip', 'kept', 'end', 'in');
  flow.connect('skip', 'lost', 'end', 'lost');
  return flow;
};

const joining = (outside: Outside): Flow => {
  const flow = new Flow({ flowId: 'joining' });
  const start = routine((made) => {
    const [left, right] = [made.defineEvent('left'), made.defineEvent('right')];
    made.defineSlot('trigger', (_, ctx) => {
      ctx.emit(left, { l: 1 });
      ctx.emit(right, { r: 2 });
      ctx.emit(left, { l: 3 });
    });
  });
  const join = routine((made) => {
    const out = made.defineEvent('out');
    made.defineSlot(
      'in',
      (data, ctx) => {
        outside.write(ctx, data);
        ctx.emit(out, { ...data });
      },
      { merge: (held, incoming) => ({ ...held, ...incoming, merges: ((held['merges'] as number | undefined) ?? 0) + 1 }) },
    );
  });
  const end = routine((made) => made.defineSlot('in', (data, ctx) => ctx.output('joined', { ...data })));
  flow.addRoutine(start, 'start');
  flow.addRoutine(join, 'join');
  flow.addRoutine(end, 'end');
  flow.connect('start', 'left', 'join', 'in', { l: 'left' });
  flow.connect('start', 'right', 'join', 'in');
  flow.connect('join', 'out', 'end', 'in');
  return flow;
};

/** Five small flows: a chain, a fan with retries and a slot that gathers, a loop of delays, failures, and a slot that merges. */
export const SMALL: readonly Small[] = [
  {
    name: 'chain',
    make: chain,
    entry: 'a',
    params: { n: 1 },
    comesTo: { status: 'completed', routineStates: [{ state: { runs: 1 } }, { state: { runs: 1 } }, { state: { runs: 1 } }] },
  },
  {
    name: 'fan',
    make: fan,
    entry: 'fan',
    params: { n: 6 },
    comesTo: {
      status: 'completed',
      sharedData: { 'item 5': 5 },
      outputLog: [1, 2, 3, 4, 5, 6].map((count) => ({ data: { count } })),
    },
  },
  {
    name: 'loop',
    make: loop,
    entry: 'count',
    params: { left: 4 },
    comesTo: { status: 'completed', sharedLog: [4, 3, 2, 1, 0].map((left) => ({ left })) },
  },
  {
    name: 'failing',
    make: failing,
    entry: 'start',
    params: {},
    comesTo: { status: 'completed', outputLog: [{ type: 'kept' }, { type: 'lost' }, { type: 'kept' }, { type: 'kept' }] },
  },
  {
    name: 'joining',
    make: joining,
    entry: 'start',
    params: {},
    comesTo: {
      status: 'completed',
      outputLog: [{ data: { left: 1 } }, { data: { left: 1, r: 2 } }, { data: { left: 3, r: 2, merges: 3 } }],
    },
  },
];
