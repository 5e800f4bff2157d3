// What is done with many jobs, or with runs inside of runs.
import { ErrorHandler, JobState } from 'routilux';
import { check, flowOf, nothing, operation, rejectionOf, routineOf, turn, until, upTo } from './parts.mjs';

/** A handler that is at work until it is aborted. */
const hangs = (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve));

const hanging = (options) => flowOf({ s: routineOf({ trigger: hangs }) }, [], options);

/** As many workers as jobs. */
const busy = (n) => ({ maxWorkers: n, executionStrategy: 'concurrent' });

/** n jobs, of which as many are at work as there are workers. */
const startedOf = async (flow, n, optionsOf = nothing) => {
  const jobs = upTo(n).map((at) => flow.start('s', {}, optionsOf(at)));
  const last = jobs[Math.min(n, flow.maxWorkers) - 1];
  await until(() => last.state.currentRoutineId !== undefined);
  return jobs;
};

/** A run that starts a run, and so on, n deep; the last one waits for a call. */
const nested = (options = {}) => {
  const flow = flowOf(
    {
      s: routineOf({
        trigger: async ({ left, last }, ctx) => {
          if (left > 0) await flow.execute('s', { left: left - 1, last }, options.asyncContext === 'off' ? { parent: ctx } : {});
          else await last?.(ctx);
        },
      }),
    },
    [],
    options,
  );
  return flow;
};

/** The options of n runs, of which each has another number of workers. */
const DEEP = { most: 2 ** 11 };

export const operations = [
  operation('start n jobs, and wait for all', ['Flow.start', 'Job.done', 'Job'], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: nothing }) });
    return measure(() => Promise.all(upTo(n).map(() => flow.start('s').done)));
  }),
  operation('execute n jobs at once that await something', [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: turn }) }, [], busy(n));
    return measure(() => Promise.all(upTo(n).map(() => flow.execute('s'))));
  }),
  operation('execute n jobs of which a few are at once', [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: async () => null }) }, [], {
      maxJobs: 10,
      maxWorkers: 4,
      executionStrategy: 'concurrent',
    });
    return measure(() => Promise.all(upTo(n).map(() => flow.execute('s'))));
  }),
  operation('refuse n jobs beside n that wait', [], async (n, measure) => {
    const flow = hanging({ maxJobs: 1, maxPendingJobs: n });
    await startedOf(flow, n);
    flow.start('s');
    await measure(() => Promise.all(upTo(n).map(() => rejectionOf(flow.execute('s')))));
    await flow.cancel();
  }),
  operation('execute n jobs with one signal', [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: turn }) }, [], busy(n));
    const { signal } = new AbortController();
    return measure(() => Promise.all(upTo(n).map(() => flow.execute('s', {}, { signal }))));
  }),
  operation('abort the signal of n jobs', [], async (n, measure) => {
    const [flow, controller] = [hanging(busy(n)), new AbortController()];
    const jobs = await startedOf(flow, n, () => ({ signal: controller.signal }));
    await measure(async () => {
      controller.abort();
      await Promise.all(jobs.map(({ done }) => done));
    });
  }),
  operation('execute n jobs with other numbers of workers', [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: turn }) });
    return measure(() =>
      Promise.all(upTo(n).map((at) => flow.execute('s', {}, { maxWorkers: n - at, executionStrategy: 'concurrent' }))),
    );
  }),
  operation('time n jobs out', [], async (n, measure) => {
    const flow = hanging(busy(n));
    await measure(() => Promise.all(upTo(n).map(() => flow.execute('s', {}, { timeoutMs: 50 }))));
  }),
  operation('n jobs that fail', [], (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger: () => {
          throw new Error('x');
        },
      }),
    });
    return measure(() => Promise.all(upTo(n).map(() => flow.execute('s'))));
  }),
  operation('jobs and job(id), each of n', ['Flow.jobs', 'Flow.job'], async (n, measure) => {
    const flow = hanging();
    await startedOf(flow, n);
    await measure.again(() =>
      check(
        flow.jobs.every((job) => flow.job(job.id) === job),
        'all are there',
      ),
    );
    await flow.cancel();
  }),
  operation('cancel n jobs that wait for a worker', ['Flow.cancel'], async (n, measure) => {
    const flow = hanging();
    await startedOf(flow, n);
    await measure(() => flow.cancel());
  }),
  operation('cancel n jobs at work', [], async (n, measure) => {
    const flow = hanging(busy(n));
    await startedOf(flow, n);
    await measure(() => flow.cancel());
  }),
  operation('cancel n jobs at work, one by one', [], async (n, measure) => {
    const jobs = await startedOf(hanging(busy(n)), n);
    await measure(() => Promise.all(jobs.map((job) => job.cancel())));
  }),
  operation('complete n jobs at work, one by one, newest first', [], async (n, measure) => {
    const jobs = await startedOf(hanging(busy(n)), n);
    await measure(() => Promise.all(jobs.toReversed().map((job) => job.complete())));
  }),
  operation('cancel n jobs that wait for their begin', [], async (n, measure) => {
    const flow = hanging({ maxJobs: 1 });
    await startedOf(flow, n);
    await measure(() => flow.cancel());
  }),
  operation('shutdown of n jobs', ['Flow.shutdown', 'Flow.[asyncDispose]'], async (n, measure) => {
    const flow = hanging(busy(n));
    await startedOf(flow, n);
    await measure(() => flow.shutdown({ wait: false }));
  }),
  operation('shutdown that waits for n jobs', [], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: turn }) }, [], busy(n));
    await startedOf(flow, n);
    await measure(() => flow.shutdown());
  }),
  operation('pause n jobs, and resume each', ['Flow.pause'], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: turn }) }, [], busy(n));
    await startedOf(flow, n);
    await measure(async () => {
      for (const state of await flow.pause()) flow.resume(state);
      await flow.shutdown();
    });
  }),
  operation('pause n jobs that wait for their begin, and resume each', [], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: nothing }) }, [], { maxJobs: 1 });
    await measure(async () => {
      const jobs = upTo(n).map(() => flow.start('s'));
      await flow.pause();
      for (const job of jobs) job.resume();
      await flow.shutdown();
    });
  }),
  operation(
    'snapshots of n jobs at work',
    [],
    async (n, measure) => {
      const flow = hanging(busy(n));
      const jobs = await startedOf(flow, n);
      await measure.again(() => jobs.forEach((job) => job.snapshot()));
      await flow.cancel();
    },
    { most: 2 ** 12 },
  ),
  operation('waitForCompletion of n jobs', ['JobState.waitForCompletion', 'Job.waitForCompletion'], async (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: turn }) }, [], busy(n));
    await measure(() => Promise.all(upTo(n).map(() => JobState.waitForCompletion(flow, flow.start('s'), { timeoutMs: 60_000 }))));
  }),
  operation(
    'change the settings beside n jobs',
    ['Flow.setErrorHandler', 'Flow.setExecutionStrategy', 'Flow.errorHandler', 'Flow.executionStrategy', 'Flow.maxWorkers'],
    async (n, measure) => {
      const flow = hanging();
      await startedOf(flow, n);
      await measure.again(() => {
        flow.setErrorHandler(new ErrorHandler());
        flow.setExecutionStrategy('concurrent', { maxWorkers: 3 });
        flow.setExecutionStrategy('sequential');
      });
      await flow.cancel();
    },
  ),
  operation('cancel a handler with n children', [], async (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger: async (_, ctx) => {
          upTo(n).forEach(() => flow.start('t'));
          await hangs(_, ctx);
        },
      }),
      t: routineOf({ trigger: hangs }),
    });
    const [job] = await startedOf(flow, 1);
    await until(() => flow.jobs.length === n + 1);
    await measure(async () => {
      await job.cancel();
      await flow.shutdown();
    });
  }),
  operation('a handler that waits for n children', [], (n, measure) => {
    const flow = flowOf({
      s: routineOf({ trigger: () => Promise.all(upTo(n).map(() => flow.execute('t'))) }),
      t: routineOf({ trigger: nothing }),
    });
    return measure(() => flow.execute('s'));
  }),
  operation(
    'runs in runs, n deep',
    [],
    (n, measure) => {
      const flow = nested();
      return measure(() => flow.execute('s', { left: n }));
    },
    DEEP,
  ),
  operation(
    'runs in runs without async context, n deep',
    [],
    (n, measure) => {
      const flow = nested({ asyncContext: 'off' });
      return measure(() => flow.execute('s', { left: n }));
    },
    DEEP,
  ),
  operation(
    'cancel runs in runs, n deep',
    [],
    async (n, measure) => {
      const flow = nested();
      let isThere = false;
      const job = flow.start('s', { left: n, last: (ctx) => ((isThere = true), hangs(0, ctx)) });
      await until(() => isThere);
      await measure(async () => {
        await job.cancel();
        await flow.shutdown();
      });
    },
    DEEP,
  ),
  operation('jobs that start one another, n in a row', [], (n, measure) => {
    const flow = flowOf({
      s: routineOf({
        trigger: ({ left }) => {
          if (left > 0) flow.start('s', { left: left - 1 }, { detached: true });
        },
      }),
    });
    return measure(async () => {
      flow.start('s', { left: n });
      while (flow.jobs.length > 0) await turn();
    });
  }),
  operation(
    'n jobs without async context',
    [],
    (n, measure) => {
      const flow = flowOf({ s: routineOf({ trigger: turn }) }, [], { asyncContext: 'off' });
      return measure(() => Promise.all(upTo(n).map(() => flow.execute('s'))));
    },
    { most: 2 ** 12 },
  ),
];
