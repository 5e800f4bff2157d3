// Jobs, and what their handlers do.
import { currentContext, ErrorHandler, Flow, TimeoutError } from 'routilux';
import { check, emitting, flowOf, nothing, operation, routineOf, turn, until, upTo } from './parts.mjs';

/** A handler that is at work until it is aborted. */
const hangs = (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve));

const endless = (options) => flowOf({ s: routineOf({ trigger: hangs }) }, [], options);

const completed = async (done) => check((await done).status === 'completed', 'the job has completed');

const wide = (n) => Object.fromEntries(upTo(n).map((at) => [`k${at}`, at]));

/** A handler that does something n times. */
const doing = (work) => flowOf({ s: routineOf({ trigger: ({ n }, ctx) => upTo(n).forEach((at) => work(ctx, at)) }) });

const inHandler = (name, covers, work) =>
  operation(name, covers, (n, measure) => {
    const flow = doing(work);
    return measure(() => completed(flow.execute('s', { n })));
  });

/** A job whose entry has emitted to a target at work. */
const atWork = async (flow, n) => {
  const job = flow.start('s', { n });
  await until(() => job.state.currentRoutineId === 't' && job.state.metrics.routine('s').completed === 1);
  return job;
};

const failing = (options) =>
  emitting(
    routineOf({
      i: (_, { attempt }) => {
        if (attempt === 1) throw new Error('once');
      },
    }).setErrorHandler(new ErrorHandler(options)),
  );

/** A job with n emissions that are put off. */
const late = async (n) => {
  const trigger = (_, ctx) => upTo(n).forEach((at) => ctx.emit('o', { at }, { delayMs: 60_000 + at }));
  const job = flowOf({ s: routineOf({ trigger }), t: routineOf({ i: nothing }) }, [['s', 'o', 't', 'i']]).start('s');
  await until(() => job.state.metrics.routine('s')?.completed === 1);
  return job;
};

/** A flow whose entry asks n questions. */
const asking = (options = {}) => {
  const trigger = ({ n }, ctx) => upTo(n).forEach((at) => ctx.waitFor('o', { ...options, token: `q${at}`, question: { at } }));
  return flowOf({ s: routineOf({ trigger }), t: routineOf({ i: nothing }) }, [['s', 'o', 't', 'i']]);
};

/** A job with n open questions. */
const asked = async (n) => {
  const job = asking({ timeoutMs: 60_000 }).start('s', { n });
  await until(() => job.waits.length === n);
  return job;
};

export const operations = [
  operation('execute a loop of n hops', ['Flow.execute'], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: ({ left }, ctx) => left > 0 && ctx.emit('o', { left: left - 1 }) }) }, [
      ['s', 'o', 's', 'trigger'],
    ]);
    return measure(() => completed(flow.execute('s', { left: n })));
  }),
  operation(
    'execute a chain of n routines',
    [],
    (n, measure) => {
      const flow = new Flow();
      for (const at of upTo(n)) flow.addRoutine(routineOf({ trigger: (_, ctx) => ctx.emit('o') }), `r${at}`);
      for (const at of upTo(n - 1)) flow.connect(`r${at}`, 'o', `r${at + 1}`, 'trigger');
      return measure(() => completed(flow.execute('r0')));
    },
    { most: 2 ** 12 },
  ),
  operation('execute with parameters of n keys', ['Flow.executeTE'], (n, measure) => {
    const [flow, params] = [emitting(routineOf({ i: nothing })), { ...wide(n), n: 10 }];
    return measure(() => flow.executeTE('s', params)());
  }),
  operation('emit, n times', ['Context.emit', 'Event', 'Slot'], (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }));
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('emit, n times, to handlers that await', [], (n, measure) => {
    const flow = emitting(routineOf({ i: async () => null }), { maxWorkers: 8, executionStrategy: 'concurrent' });
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('emit, n times, to n workers', [], (n, measure) => {
    const flow = emitting(routineOf({ i: turn }), { maxWorkers: n, executionStrategy: 'concurrent' });
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('emit, n times, with emitMode commit', [], (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }), { emitMode: 'commit' });
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation(
    'emit over n connections to n routines',
    [],
    (n, measure) => {
      const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }) });
      for (const at of upTo(n)) {
        flow.addRoutine(routineOf({ i: nothing }), `r${at}`);
        flow.connect('s', 'o', `r${at}`, 'i');
      }
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 12 },
  ),
  operation('emit over n connections to n slots of a routine', [], (n, measure) => {
    const flow = flowOf({
      s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }),
      t: routineOf(Object.fromEntries(upTo(n).map((at) => [`i${at}`, nothing]))),
    });
    for (const at of upTo(n)) flow.connect('s', 'o', 't', `i${at}`);
    return measure(() => completed(flow.execute('s')));
  }),
  operation(
    'emit from n routines to one slot',
    [],
    (n, measure) => {
      const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }), t: routineOf({ i: nothing }) });
      for (const at of upTo(n)) {
        flow.addRoutine(routineOf({ i: (_, ctx) => ctx.emit('o') }), `r${at}`);
        flow.connect('s', 'o', `r${at}`, 'i');
        flow.connect(`r${at}`, 'o', 't', 'i');
      }
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 12 },
  ),
  operation('emit n events of a routine', [], (n, measure) => {
    const events = upTo(n).map((at) => `e${at}`);
    const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => events.forEach((event) => ctx.emit(event)) }, events) });
    return measure(() => completed(flow.execute('s')));
  }),
  operation('emit with n renames', [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: (data, ctx) => ctx.emit('o', data) }), t: routineOf({ i: nothing }) });
    const data = wide(n);
    flow.connect('s', 'o', 't', 'i', Object.fromEntries(Object.keys(data).map((key) => [key, `${key}x`])));
    return measure(() => completed(flow.execute('s', data)));
  }),
  operation('routine.emit, n times', ['Routine.emit'], (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger() {
          upTo(n).forEach((at) => this.emit('o', { at }));
        },
      }),
    });
    return measure(() => completed(flow.execute('s')));
  }),
  operation('routine.emit outside of jobs, to n slots', ['Slot.receive', 'Slot.handler'], (n, measure) => {
    const source = routineOf({});
    const flow = flowOf({ s: source, t: routineOf(Object.fromEntries(upTo(n).map((at) => [`i${at}`, nothing]))) });
    for (const at of upTo(n)) flow.connect('s', 'o', 't', `i${at}`);
    return measure(() => source.emit('o', { a: 1 }));
  }),
  operation('hand back n values with emits', [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: () => upTo(n).map((at) => ({ at })) }, ['o'], { trigger: { emits: 'o' } }) });
    return measure(() => completed(flow.execute('s')));
  }),
  operation('hand back n values without emits', [], (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger: async function* () {
          yield* upTo(n);
        },
      }),
    });
    return measure(() => completed(flow.execute('s')));
  }),
  operation('gather one more beside n', [], async (n, measure) => {
    const held = upTo(n);
    const flow = emitting(routineOf({ i: nothing }, [], { i: { merge: 'append' } }));
    flow.addRoutine(
      routineOf({ trigger: (_, ctx) => [{ a: held }, { a: [1] }].forEach((data) => ctx.emit('o', data)) }),
      'twice',
    );
    flow.connect('twice', 'o', 't', 'i');
    await measure(() => completed(flow.execute('twice')));
  }),
  operation('gather n by keys', [], (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }, [], { i: { merge: (held, data) => ({ sum: (held?.sum ?? 0) + data.at }) } }));
    return measure(() => completed(flow.execute('s', { n })));
  }),
  ...['dropOldest', 'dropNewest', 'block'].map((overflow) =>
    operation(`emit, n times, to a slot that takes a few: ${overflow}`, [], (n, measure) => {
      const flow = emitting(routineOf({ i: nothing }, [], { i: { maxQueued: 100, overflow } }));
      return measure(() => completed(flow.execute('s', { n })));
    }),
  ),
  operation('emit to a slot that takes n', [], (n, measure) => {
    const flow = emitting(routineOf({ i: nothing }, [], { i: { maxQueued: n, overflow: 'error' } }), { maxQueued: 2 * n });
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('emit to n slots with limits, of one routine', [], (n, measure) => {
    const names = upTo(n).map((at) => `i${at}`);
    const limit = { maxQueued: 5, overflow: 'error' };
    const flow = flowOf({
      s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { a: 1 }) }),
      t: routineOf(
        Object.fromEntries(names.map((name) => [name, nothing])),
        [],
        Object.fromEntries(names.map((name) => [name, limit])),
      ),
    });
    for (const name of names) flow.connect('s', 'o', 't', name);
    return measure(() => completed(flow.execute('s')));
  }),
  inHandler('emitDeferred, n times', ['Context.emitDeferred', 'JobState.deferredEvents'], (ctx, at) =>
    ctx.emitDeferred('o', { at }),
  ),
  inHandler('output, n times', ['Context.output'], (ctx, at) => ctx.output('x', { at })),
  inHandler('output, n times, none kept', [], (ctx, at) => ctx.output('x', { at }, { keep: false })),
  inHandler('setState and state, n times', ['Context.state', 'Context.setState'], (ctx, at) =>
    ctx.setState((own) => ({ ...own, at })),
  ),
  inHandler('shared.set of n keys, get and log', ['Shared.get', 'Shared.set', 'Shared.log'], (ctx, at) => {
    ctx.shared.set(`k${at}`, at);
    ctx.shared.log({ at });
    ctx.shared.get(`k${at}`);
  }),
  inHandler('track n promises', ['Context.track'], (ctx, at) => void ctx.track(turn(at))),
  operation('track n promises that fail', [], (n, measure) => {
    const flow = doing((ctx) => void Promise.resolve(ctx.track(Promise.reject(new Error('x')))).catch(nothing));
    return measure(() => flow.execute('s', { n }));
  }),
  inHandler('currentContext, n times', ['currentContext'], () => currentContext()),
  operation('setState of n keys', [], (n, measure) => {
    const [flow, state] = [
      flowOf({ s: routineOf({ trigger: (data, ctx) => ctx.setState(data.state) && ctx.state() }) }),
      wide(n),
    ];
    return measure(() => completed(flow.execute('s', { state })));
  }),
  operation(
    'a failure of which n tasks are retried after a delay',
    ['ErrorHandler', 'Routine.setErrorHandler', 'Routine.errorHandler'],
    (n, measure) => {
      const flow = failing({ strategy: 'retry', delayMs: 1 });
      return measure(() => completed(flow.execute('s', { n })));
    },
    { most: 2 ** 12 },
  ),
  operation('a failure of which n tasks are retried at once', ['Routine.setAsCritical'], (n, measure) => {
    const flow = failing({ strategy: 'retry', delayMs: 0 });
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation(
    'n attempts of a task',
    [],
    (n, measure) => {
      const target = routineOf({
        trigger: (_, { attempt }) => {
          if (attempt < n) throw new Error('again');
        },
      });
      const flow = flowOf({ s: target.setAsCritical({ maxRetries: n, delayMs: 0 }) });
      return measure(() => completed(flow.execute('s')));
    },
    { most: 2 ** 12 },
  ),
  operation('n failures that are continued or skipped', ['Routine.setAsOptional'], (n, measure) => {
    const flow = emitting(
      routineOf({
        i: () => {
          throw new Error('x');
        },
      }).setAsOptional('skip'),
    );
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('a failure with a message of n letters', ['JobError'], (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger: () => {
          throw new Error('x'.repeat(n));
        },
      }),
    });
    return measure(() => flow.execute('s'));
  }),
  operation('a failure with a chain of n causes', [], (n, measure) => {
    let error = new Error('first');
    for (const at of upTo(n)) error = new Error(`${at}`, { cause: error });
    const flow = flowOf({
      s: routineOf({
        trigger: () => {
          throw error;
        },
      }),
    });
    return measure(() => flow.execute('s'));
  }),
  operation('a timeout of a job with n tasks', ['TimeoutError'], async (n, measure) => {
    const flow = emitting(routineOf({ i: hangs }));
    await measure(async () =>
      check((await flow.execute('s', { n }, { timeoutMs: 1 })).error instanceof TimeoutError, 'it times out'),
    );
  }),
  operation(
    'pause and resume with n tasks that wait',
    ['Job.pause', 'Job.resume', 'Context.pause', 'Flow.resume'],
    (n, measure) => {
      const flow = emitting(routineOf({ i: ({ at }, ctx) => void (at === 0 && ctx.pause()) }));
      return measure(async () => {
        const job = flow.start('s', { n });
        while (job.status !== 'paused') await turn();
        job.resume();
        await completed(job.done);
      });
    },
  ),
  operation(
    'n pauses of a job',
    ['JobState.pausePoints'],
    (n, measure) => {
      const flow = endless();
      return measure(async () => {
        const job = flow.start('s');
        for (const at of upTo(n)) {
          await job.pause({ reason: `${at}` });
          job.resume();
        }
        await job.cancel();
      });
    },
    { most: 2 ** 12 },
  ),
  operation('cancel with n tasks that wait', ['Job.cancel', 'Context.cancel'], async (n, measure) => {
    const job = await atWork(emitting(routineOf({ i: hangs })), n);
    await measure(() => job.cancel());
  }),
  operation('cancel with n tasks at work', [], async (n, measure) => {
    const job = await atWork(emitting(routineOf({ i: hangs }), { maxWorkers: n, executionStrategy: 'concurrent' }), n);
    await until(() => job.state.pendingTasks.length === 0);
    await measure(() => job.cancel());
  }),
  operation('complete with n tasks at work', ['Job.complete', 'Context.complete'], async (n, measure) => {
    const job = await atWork(emitting(routineOf({ i: hangs }), { maxWorkers: n, executionStrategy: 'concurrent' }), n);
    await until(() => job.state.pendingTasks.length === 0);
    await measure(() => job.complete());
  }),
  operation('cancelTask of one that waits among n', ['Job.cancelTask'], async (n, measure) => {
    const job = await atWork(emitting(routineOf({ i: hangs })), n);
    const { taskId } = job.state.pendingTasks[n >> 1];
    await measure(() => check(job.cancelTask(taskId), 'a task'));
    await job.cancel();
  }),
  operation('cancelTask of one at work among n', [], async (n, measure) => {
    const ids = [];
    const job = emitting(routineOf({ i: (data, ctx) => (ids.push(ctx.taskId), hangs(data, ctx)) }), {
      maxWorkers: n,
      executionStrategy: 'concurrent',
    }).start('s', { n });
    await until(() => ids.length === n);
    await measure(() => check(job.cancelTask(ids[n >> 1]), 'a task'));
    await job.cancel();
  }),
  operation('put off n emissions, which come due', ['Context.emit'], (n, measure) => {
    const trigger = ({ n: count }, ctx) => upTo(count).forEach((at) => ctx.emit('o', { at }, { delayMs: 1 + (at % 7) }));
    const flow = flowOf({ s: routineOf({ trigger }), t: routineOf({ i: nothing }) }, [['s', 'o', 't', 'i']]);
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('pause, resume and cancel with n emissions put off', [], async (n, measure) => {
    const job = await late(n);
    await measure(async () => {
      await job.pause();
      job.resume();
      await job.cancel();
    });
  }),
  operation('cancelTask of one put off among n', [], async (n, measure) => {
    const job = await late(n);
    const { taskId } = job.state.pendingTasks[n >> 1];
    await measure(() => check(job.cancelTask(taskId), 'a task'));
    await job.cancel();
  }),
  operation('drop the oldest of n emissions put off, n times', [], async (n, measure) => {
    const trigger = ({ n: count }, ctx) => upTo(2 * count).forEach((at) => ctx.emit('o', { at }, { delayMs: 60_000 }));
    const flow = flowOf({ s: routineOf({ trigger }), t: routineOf({ i: nothing }) }, [['s', 'o', 't', 'i']], {
      maxQueued: n,
      overflow: 'dropOldest',
    });
    let job;
    await measure(async () => {
      job = flow.start('s', { n });
      await until(() => job.state.metrics.routine('s')?.completed === 1);
    });
    await job.cancel();
  }),
  operation('ask n questions, watched, and answer them', ['Context.waitFor', 'Job.answer', 'Job.waits$'], (n, measure) => {
    const flow = asking();
    return measure(async () => {
      const job = flow.start('s', { n });
      job.waits$.subscribe();
      await until(() => job.state.metrics.routine('s')?.completed === 1);
      for (const at of upTo(n)) job.answer(`q${at}`, at);
      await completed(job.done);
    });
  }),
  operation('n questions whose time is over', [], (n, measure) => {
    const flow = asking({ timeoutMs: 5 });
    return measure(() => completed(flow.execute('s', { n })));
  }),
  operation('pause, resume and cancel with n questions', [], async (n, measure) => {
    const job = await asked(n);
    await measure(async () => {
      await job.pause();
      job.resume();
      await job.cancel();
    });
  }),
  operation('read n questions', ['Job.waits', 'JobState.waits'], async (n, measure) => {
    const job = await asked(n);
    await measure(() => check(job.waits.length === n, 'the questions'));
    await job.cancel();
  }),
];
