import type { Context, Handler } from '../../../lib/index.js';
import { isFinal } from '../../../lib/job/JobStatus.js';
import type { Ground } from './Ground.js';
import type { Kind, SlotPlan, Step } from './Mess.js';
import { workingOn } from './streams.js';

/** The handler of a slot; on calm ground it does nothing. */
export const handlerOn =
  (ground: Ground, { kind, steps }: SlotPlan): Handler =>
  (_, ctx) => {
    if (ground.calm) return undefined;
    if (isFinal(ctx.job.status)) ground.blame(`a handler of ${ctx.job.jobId} was called after its end`);
    ground.contexts.push(ctx);
    ground.poke('handler', ctx);
    return ANSWERS[kind]({ ground, ctx, steps });
  };

interface Work {
  readonly ground: Ground;
  readonly ctx: Context;
  readonly steps: readonly Step[];
}

/** It is not at work any more: its signal may stay as it is. */
const leave = ({ ground, ctx }: Work): void => {
  for (const listener of ground.listeners) if (listener.ctx === ctx) ground.listeners.delete(listener);
};

const atOnce = (work: Work): void => {
  try {
    for (const step of work.steps) DOING[step](work);
  } finally {
    leave(work);
  }
};

const slowly = async (work: Work): Promise<void> => {
  const { ground, ctx, steps } = work;
  try {
    for (const step of steps) {
      DOING[step](work);
      await (step === 'wait' ? ground.sleep(2) : Promise.resolve());
      ground.poke('afterAwait', ctx);
    }
  } finally {
    leave(work);
  }
};

const streaming = (work: Work, gives: boolean): unknown => {
  const { ground, ctx, steps } = work;
  const left = (): void => {
    leave(work);
    ground.poke('teardown', ctx);
  };
  const play = (give: () => void): void => {
    if (isFinal(ctx.job.status)) ground.blame(`a stream of ${ctx.job.jobId} goes on after its end`);
    if (gives && ground.fuel-- > 0) give();
    atOnce(work);
  };
  return workingOn(ground, steps.includes('wait') ? 2 : 0, play, left);
};

const hanging = async (work: Work): Promise<void> => {
  const { ground, ctx } = work;
  const over = new Promise<void>(
    (resolve) =>
      void ground.atEnd.push(() => {
        if (!ctx.signal.aborted) resolve();
      }),
  );
  await slowly(work);
  if (!ground.calm) await over;
};

async function* iterating(work: Work): AsyncGenerator<object> {
  const { ground, ctx } = work;
  try {
    if (ground.fuel-- > 0) yield ground.payload(0, ctx);
    await slowly(work);
    if (ground.fuel-- > 0) yield ground.payload(0, ctx);
  } finally {
    ground.poke('teardown', ctx);
  }
}

const thenable = (work: Work): unknown => ({
  get then() {
    work.ground.poke('look', work.ctx);
    return (resolve: () => void, reject: (error: unknown) => void) => {
      work.ground.poke('then', work.ctx);
      slowly(work).then(resolve, reject);
    };
  },
});

const ANSWERS: Readonly<Record<Kind, (work: Work) => unknown>> = {
  sync: atOnce,
  promise: slowly,
  thenable,
  observable: (work) => streaming(work, false),
  values: (work) => streaming(work, true),
  iterable: iterating,
  hangs: hanging,
};

/** An error whose message is a getter. */
const failure = ({ ground, ctx }: Work): Error =>
  Object.defineProperty(new Error('bad'), 'message', {
    get: () => {
      ground.poke('error', ctx);
      return 'bad';
    },
  });

const trackRejected = (work: Work): void => {
  const { ground, ctx } = work;
  const { taskId } = ctx;
  const rejected = ground.sleep(1).then(() => {
    ground.rejected.add(taskId);
    throw failure(work);
  });
  rejected.catch(() => undefined);
  ground.tracked.add(taskId);
  void ctx.track(rejected);
};

const DOING: Readonly<Record<Step, (work: Work) => void>> = {
  emit: ({ ground, ctx }) => {
    if (ground.fuel-- > 0) ctx.emit('o', ground.payload(1, ctx));
  },
  emitByRoutine: ({ ground, ctx }) => {
    if (ground.fuel-- > 0) ctx.flow.routines.get('r0')?.emit('o', ground.payload(1, ctx));
  },
  defer: ({ ground, ctx }) => {
    if (ground.fuel-- > 0) ctx.emitDeferred('p', ground.payload(1, ctx));
  },
  output: ({ ground, ctx }) => {
    ctx.output('x', ground.payload(0, ctx));
  },
  set: ({ ground, ctx }) => {
    ctx.setState({ n: 1, more: ground.payload(0, ctx) });
  },
  update: ({ ground, ctx }) => {
    ctx.setState((own) => {
      ground.ask(ctx);
      return { ...own, n: Number(own['n'] ?? 0) + 1 };
    });
  },
  share: ({ ground, ctx }) => {
    ctx.shared.set('x', ground.payload(0, ctx));
  },
  log: ({ ground, ctx }) => {
    ctx.shared.log(ground.payload(0, ctx));
  },
  track: ({ ground, ctx }) => {
    ground.tracked.add(ctx.taskId);
    void ctx.track(ground.sleep(1));
  },
  trackBad: trackRejected,
  listen: ({ ground, ctx }) => {
    const { signal } = ctx;
    ground.listeners.add({ ctx, signal });
    signal.addEventListener('abort', () => {
      ground.poke('abort', ctx);
    });
  },
  throw: (work) => {
    if (work.ground.fuel % 3 === 0) throw failure(work);
  },
  wait: () => undefined,
};
