// What is read of a job, live or written down.
import { JobState } from 'routilux';
import { check, emitting, flowOf, nothing, operation, refusalOf, routineOf, turn, until, upTo } from './parts.mjs';

const hangs = (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve));

/** A job whose entry has done something n times, and that is paused. */
const pausedAfter = async (n, work, { target = routineOf({ i: hangs }), ...options } = {}) => {
  const flow = flowOf(
    { s: routineOf({ trigger: ({ n }, ctx) => (upTo(n).forEach((at) => work(ctx, at)), ctx.pause()) }), t: target },
    [['s', 'o', 't', 'i']],
    options,
  );
  const job = flow.start('s', { n });
  await until(() => ['paused', 'failed'].includes(job.status));
  check(job.status === 'paused', 'a pause');
  return job;
};

const emits = (ctx, at) => ctx.emit('o', { at });

/** Reads something of a job in which something has been done n times. */
const read = (name, covers, work, look, options = {}) =>
  operation(name, covers, async (n, measure) => {
    const job = await pausedAfter(n, work, options);
    await measure.again(() => look(job.state, job));
    await job.cancel();
  });

const written = (name, work, options) => [
  read(
    `toJSON of a job with ${name}`,
    ['JobState.toJSON', 'JobState.serialize', 'Job.snapshot', 'Job.toJSON'],
    work,
    (state) => state.toJSON(),
    options,
  ),
  operation(`fromJSON of a job with ${name}`, ['JobState.fromJSON', 'JobState.deserialize'], async (n, measure) => {
    const job = await pausedAfter(n, work, options);
    const text = JSON.stringify(job.snapshot());
    await measure.again(() => JobState.fromJSON(text));
    await job.cancel();
  }),
];

/** A job that a watcher sees n records of. */
const watched = (name, covers, watch) =>
  operation(name, covers, (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }));
    return measure(async () => {
      const job = flow.start('s', { n });
      let seen = 0;
      watch(job).subscribe(() => seen++);
      await job.done;
      check(seen > 0, 'something was seen');
    });
  });

/** A Subject of RxJS takes an observer out of a list: V8 moves all the others each time, which shows from some 16,000. */
const MANY = { most: 2 ** 12 };

/** And at its end it shifts them one by one, which shows from some 5,000: a watcher of three views is three. */
const FEW = { most: 2 ** 8 };

/** n watchers of a job come and go. */
const watchers = (name, watch) =>
  operation(
    `n watchers of ${name} come and go`,
    [],
    async (n, measure) => {
      const job = await pausedAfter(1, emits);
      await measure(() =>
        upTo(n)
          .map(() => watch(job).subscribe())
          .forEach((watching) => watching.unsubscribe()),
      );
      await job.cancel();
    },
    MANY,
  );

const manySlots = (n) => routineOf(Object.fromEntries(upTo(n).map((at) => [`i${at}`, hangs])));

/** A paused job with a task for each of n connections of one event, to one slot or to slots of their own. */
const overConnections = async (n, slotOf, mappingOf) => {
  const target = manySlots(slotOf(n - 1) + 1);
  const make = () => {
    const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => (ctx.emit('o', { v: 1 }), ctx.pause()) }), t: target }, [], {
      flowId: 'f',
    });
    for (const at of upTo(n)) flow.connect('s', 'o', 't', `i${slotOf(at)}`, mappingOf(at));
    return flow;
  };
  const job = make().start('s');
  await until(() => job.status === 'paused');
  const text = JSON.stringify(job.snapshot());
  await job.cancel();
  return { text, flow: make() };
};

const resumed = (name, slotOf, mappingOf, options) =>
  operation(
    `resume n tasks over n connections ${name}`,
    ['Flow.resume'],
    async (n, measure) => {
      const { text, flow } = await overConnections(n, slotOf, mappingOf);
      const state = JobState.fromJSON(text);
      let job;
      await measure(() => (job = flow.resume(state, { paused: true })));
      await job.cancel();
    },
    options,
  );

export const operations = [
  ...written('n tasks that wait', emits),
  ...written('n records of history', emits, { history: Infinity }),
  ...written('n deferred events', (ctx, at) => ctx.emitDeferred('o', { at })),
  ...written('n emissions put off', (ctx, at) => ctx.emit('o', { at }, { delayMs: 60_000 }), {}),
  ...written('n questions', (ctx, at) => ctx.waitFor('o', { token: `q${at}`, question: { at }, timeoutMs: 60_000 })),
  ...written('n outputs', (ctx, at) => ctx.output('x', { at })),
  ...written('n shared values and log entries', (ctx, at) => (ctx.shared.set(`k${at}`, { at }), ctx.shared.log({ at }))),
  read('pendingTasks, n', ['JobState.pendingTasks'], emits, (state) => state.pendingTasks),
  read('history, n, of all and of one routine', ['JobState.history'], emits, (state) => [state.history(), state.history('s')], {
    history: Infinity,
  }),
  read(
    'deferredEvents, n',
    [],
    (ctx, at) => ctx.emitDeferred('o', { at }),
    (state) => state.deferredEvents,
  ),
  read(
    'outputLog, n',
    ['JobState.outputLog'],
    (ctx, at) => ctx.output('x', { at }),
    (state) => state.outputLog,
  ),
  read(
    'sharedData and sharedLog, n',
    ['JobState.sharedData', 'JobState.sharedLog'],
    (ctx, at) => (ctx.shared.set(`k${at}`, { at }), ctx.shared.log({ at })),
    (state) => [state.sharedData, state.sharedLog],
  ),
  read(
    'metrics of n emissions',
    ['JobState.metrics', 'Metrics.events', 'Metrics.flow', 'Metrics.routine'],
    emits,
    ({ metrics }) => [metrics.events, metrics.flow(), metrics.routine('s')],
    { history: Infinity },
  ),
  operation(
    'routineStates and metrics of n routines',
    ['JobState.routineStates', 'JobState.routineState', 'Metrics'],
    async (n, measure) => {
      const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }) });
      for (const at of upTo(n)) {
        flow.addRoutine(routineOf({ i: nothing }), `r${at}`);
        flow.connect('s', 'o', `r${at}`, 'i');
      }
      const state = await flow.execute('s');
      await measure.again(() => [
        state.routineStates,
        state.metrics.flow(),
        upTo(n).map((at) => [state.routineState(`r${at}`), state.metrics.routine(`r${at}`)?.total]),
      ]);
    },
    { most: 2 ** 12 },
  ),
  watched('record$ of a job with n tasks', ['Job.record$', 'Flow.run$'], (job) => job.record$),
  watched('status$ and progress$ of a job with n tasks', ['Job.status$', 'Job.progress$'], (job) => job.progress$),
  watched('event$ of n emissions', ['Job.event$'], (job) => job.event$('s.o')),
  watched('slot$ of n tasks', ['Job.slot$'], (job) => job.slot$('t.i')),
  watched('routine$ of n tasks', ['Job.routine$'], (job) => job.routine$('t')),
  operation('output$ of n outputs', ['Job.output$'], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: ({ n }, ctx) => upTo(n).forEach((at) => ctx.output('x', { at })) }) });
    return measure(() => flow.execute('s', { n }, { output: nothing }));
  }),
  operation('read n records with for await', ['Job.[asyncIterator]'], (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }));
    return measure(async () => {
      let seen = 0;
      for await (const record of flow.start('s', { n })) seen += record.type.length;
      check(seen > n, 'records');
    });
  }),
  ...['record$', 'status$', 'progress$', 'output$'].map((view) => watchers(view, (job) => job[view])),
  watchers('event$', (job) => job.event$('s.o')),
  watchers('slot$', (job) => job.slot$('t.i')),
  watchers('routine$', (job) => job.routine$('t')),
  watchers('for await', (job) => {
    const iterator = job[Symbol.asyncIterator]();
    return { subscribe: () => ({ unsubscribe: () => iterator.return() }) };
  }),
  operation(
    'the end of a job that n watch',
    [],
    async (n, measure) => {
      const job = await pausedAfter(1, emits);
      for (const _ of upTo(n)) [job.record$, job.status$, job.event$('s.o')].forEach((view) => view.subscribe());
      await measure(() => job.cancel().then(turn));
    },
    FEW,
  ),
  operation('n watchers that a watcher calls in', [], (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }));
    return measure(async () => {
      const job = flow.start('s', { n });
      const watching = job.record$.subscribe(({ type }) => type === 'emitted' && job.status$.subscribe().unsubscribe());
      await job.done;
      watching.unsubscribe();
    });
  }),
  resumed('to n slots', (at) => at, nothing),
  resumed(
    'to one slot, by other renames',
    () => 0,
    (at) => ({ [`x${at}`]: 'y' }),
  ),
  resumed(
    'to one slot, by other functions',
    () => 0,
    () => (data) => data,
  ),
  operation('resume a job in a flow that has other connections', [], async (n, measure) => {
    const { text, flow } = await overConnections(
      n,
      () => 0,
      (at) => ({ [`x${at}`]: 'y' }),
    );
    const [first] = flow.connections;
    flow.disconnect(first);
    flow.connect('s', 'o', 't', 'i0', first.mapping);
    const state = JobState.fromJSON(text);
    let job;
    await measure(() => (job = flow.resume(state, { paused: true, remap: {} })));
    await job.cancel();
  }),
  operation('a slot$ refused beside n routines', [], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: hangs }) });
    for (const at of upTo(n)) flow.addRoutine(routineOf({}), `r${at}`);
    const job = flow.start('s');
    await measure.again(() => ['event$', 'slot$', 'routine$'].forEach((view) => refusalOf(() => job[view]('x.y'))));
    await job.cancel();
  }),
];
