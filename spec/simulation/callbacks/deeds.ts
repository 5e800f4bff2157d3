import { take } from 'rxjs';
import { type Context, type ExecuteOptions, type Flow, JobState } from '../../../lib/index.js';
import { isFinal } from '../../../lib/job/JobStatus.js';
import { feed } from '../../../lib/rx/index.js';
import { flowOn } from './flow.js';
import type { Ground, Own } from './Ground.js';
import type { Act, Deed } from './Mess.js';
import { iterableOn, streamOn } from './streams.js';
import type { Watched } from './Watched.js';

/** Does something to a job, with a context, to a flow. */
export type Do = (ground: Ground, act: Act, own: Own | undefined) => unknown;

/** Done to a job, if there is one. */
const toJob =
  (work: (watched: Watched, ground: Ground) => unknown): Do =>
  (ground, act, own) => {
    const watched = ground.jobOf(act, own);
    return watched && work(watched, ground);
  };

/** Done with the context of an attempt, of whatever state. */
const toContext =
  (work: (ctx: Context, ground: Ground) => unknown): Do =>
  (ground, act, own) => {
    const ctx = ground.contextOf(act, own);
    return ctx && work(ctx, ground);
  };

/** Ends jobs: what is at work has its signal, and nothing waits, before the call returns. */
const ending = (jobs: readonly Watched[], work: () => unknown): unknown => {
  const live = jobs.filter(({ job }) => !isFinal(job.status));
  const answer = work();
  for (const watched of live) watched.checkEnded();
  return answer;
};

const endingAll = (ground: Ground, flow: Flow, work: () => unknown): unknown =>
  ending(
    ground.jobs.filter((each) => each.flow === flow),
    work,
  );

/** A signal of the user, whose listeners are his own matter. */
const signalOf = (ground: Ground, { signal }: AbortController): AbortSignal =>
  new Proxy(signal, {
    get: (target, key) => {
      if (key !== 'aborted') ground.poke('signal');
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

const sinkOn = (ground: Ground): NonNullable<ExecuteOptions['output']> =>
  ground.ids % 2 === 0
    ? async () => {
        await ground.sleep(0);
        ground.poke('asyncSink');
      }
    : {
        next: () => {
          ground.poke('sink');
        },
        complete: () => {
          ground.poke('sinkEnd');
        },
      };

/** Starts a job, and watches it. */
export const startOn = (ground: Ground, flow: Flow, entry = 'r0', options: ExecuteOptions = {}): void => {
  const controller = new AbortController();
  ground.controllers.push(controller);
  const job = flow.start(entry, ground.payload(1, undefined, 'params'), {
    ...options,
    signal: signalOf(ground, controller),
    output: sinkOn(ground),
  });
  if (ground.shut.has(flow) && !isFinal(job.status)) ground.blame(`${job.id} was started after the shutdown`);
  ground.watch(job, flow);
};

/** Watches jobs that were started in some other way. */
const watchNew = (ground: Ground, flow: Flow): void => {
  for (const job of flow.jobs) ground.watch(job, flow);
};

const move = (watched: Watched, ground: Ground): void => {
  const written = ground.flows.length < 3 ? ground.shoot(watched) : undefined;
  if (written === undefined) return;
  const flow = flowOn(ground);
  // Its own flow may have been rewired.
  const job = flow.resume(JobState.fromJSON(JSON.stringify(written)), { remap: {} });
  ground.watch(
    job,
    flow,
    written.pendingTasks.map(({ taskId }) => taskId),
  );
};

export const deeds: Readonly<Record<Exclude<Deed, 'throw'>, Do>> = {
  pause: toJob(({ job }, ground) => job.pause({ reason: 'mess', checkpoint: ground.payload(0, undefined, 'checkpoint') })),
  pauseOne: toJob(({ job, flow }) => flow.pause(job)),
  pauseAll: (ground, act) => ground.flowOf(act).pause(),
  pauseOwn: toContext((ctx) => ctx.pause()),
  resume: toJob(({ job }) => {
    job.resume();
  }),
  resumeOne: toJob(({ job, flow }) => void flow.resume(job)),
  cancel: toJob((watched) => ending([watched], () => watched.job.cancel('mess'))),
  cancelOne: toJob((watched) => ending([watched], () => watched.flow.cancel(watched.job.state, 'mess'))),
  cancelAll: (ground, act) => {
    const flow = ground.flowOf(act);
    return endingAll(ground, flow, () => flow.cancel());
  },
  cancelOwn: toContext((ctx, ground) => {
    const own = ground.jobs.filter(({ job }) => job.state === ctx.job);
    ending(own, () => {
      ctx.cancel('mess');
    });
  }),
  abort: (ground, { who }) => {
    ground.controllers.at(-1 - who)?.abort('mess');
  },
  shutdown: (ground, act) => {
    const flow = ground.flowOf(act);
    return flow.shutdown().then(() => void ground.shut.add(flow));
  },
  shutdownNow: (ground, act) => {
    const flow = ground.flowOf(act);
    return endingAll(ground, flow, () => {
      const answer = flow.shutdown({ wait: false });
      ground.shut.add(flow);
      return answer;
    });
  },
  emit: toContext((ctx, ground) => {
    ctx.emit('o', ground.payload(1));
  }),
  defer: toContext((ctx, ground) => {
    ctx.emitDeferred('o', ground.payload());
  }),
  output: toContext((ctx, ground) => {
    ctx.output('mess', ground.payload());
  }),
  set: toContext((ctx, ground) => {
    ctx.setState({ ...ctx.state(), set: ground.payload() });
  }),
  update: toContext((ctx, ground) => {
    ctx.setState((own) => {
      ground.poke('update', ctx);
      return { ...own, set: 1 };
    });
  }),
  share: toContext((ctx, ground) => {
    ctx.shared.set('mess', ground.payload());
  }),
  log: toContext((ctx, ground) => {
    ctx.shared.log(ground.payload());
  }),
  track: toContext((ctx, ground) => {
    ground.tracked.add(ctx.taskId);
    return ctx.track(ground.sleep(2));
  }),
  start: (ground, act) => {
    startOn(ground, ground.flowOf(act), act.who > 1 ? 'r1' : 'r0');
  },
  startSame: (ground, act) => {
    startOn(ground, ground.flowOf(act), 'r0', { jobId: 'same' });
  },
  execute: (ground, act) => {
    const flow = ground.flowOf(act);
    const answer = flow.execute('r1', ground.payload(1, undefined, 'params'), { output: sinkOn(ground) });
    watchNew(ground, flow);
    return answer;
  },
  runAndLeave: (ground, act) => {
    const flow = ground.flowOf(act);
    const record$ = flow.run$('r0', ground.payload(1, undefined, 'params')).pipe(take(3));
    record$.subscribe({
      next: () => {
        ground.poke('record');
      },
      error: (error: unknown) => {
        ground.check(error);
      },
    });
    watchNew(ground, flow);
  },
  snapshot: toJob((watched, ground) => void ground.shoot(watched)),
  move: toJob(move),
  read: toJob((watched) => {
    watched.read();
  }),
  watch: toJob(({ job }, ground) => {
    job.record$.pipe(take(2)).subscribe(() => {
      ground.poke('record', { job: job.state });
    });
  }),
  wait: toJob(({ job }, ground) =>
    job.waitForCompletion({
      onProgress: () => {
        ground.poke('onProgress', { job: job.state });
      },
    }),
  ),
  feed: toJob(({ job }, ground) => void feed(job, 'r1.side', iterableOn(ground, 2))),
  feedStream: toJob(({ job }, ground) => void feed(job, 'r0.side', streamOn(ground, 2))),
  grow: (ground, act) => void ground.flowOf(act).setExecutionStrategy('concurrent', { maxWorkers: act.who + 2 }),
  rewire: (ground, act) => {
    const flow = ground.flowOf(act);
    const last = flow.connections.find(({ sourceId, sourceEvent }) => sourceId === 'r1' && sourceEvent === 'o');
    if (last === undefined) flow.connect('r1', 'o', 'r0', 'side');
    else flow.disconnect(last);
  },
  shrink: (ground, act) => void ground.flowOf(act).setExecutionStrategy('sequential'),
};
