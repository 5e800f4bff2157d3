import {
  type Context,
  ErrorHandler,
  type ErrorHandlerOptions,
  type FlowOptions,
  type Handler,
  type Job,
  type JobState,
} from '../../lib/index.js';
import type { HandlerContext } from '../../lib/engine/HandlerContext.js';
import { fail, succeed } from '../../lib/engine/outcome.js';
import { flowOf } from '../support/flows.js';
import { rest } from '../support/turns.js';
import { turn } from '../support/virtualTime.js';

/** An update of the state that ends its job when it is asked at the commit, not before. */
const cancellingAtCommit = (ctx: Context): void => {
  let calls = 0;
  ctx.setState((own) => {
    if (++calls === 2) ctx.cancel('in the update');
    return { ...own, late: true };
  });
};

const leavingBehind = (ctx: Context): void => {
  ctx.emit('o', {});
  ctx.output('x', { after: 1 });
  cancellingAtCommit(ctx);
};

const WAYS: readonly [string, Handler][] = [
  ['at once', (_, ctx) => leavingBehind(ctx)],
  [
    'later',
    async (_, ctx) => {
      await turn();
      leavingBehind(ctx);
    },
  ],
];

const COMMIT: FlowOptions = { emitMode: 'commit', maxWorkers: 2 };

/** A flow of two workers; `probe` tells how many of its handlers are at work at once. */
const flowWithProbe = (trigger: Handler) => {
  let [now, peak] = [0, 0];
  const probe: Handler = async () => {
    peak = Math.max(peak, ++now);
    await rest();
    now--;
  };
  const sketches = { s: { slots: { trigger } }, t: { slots: { i: () => undefined } }, probe: { slots: { trigger: probe } } };
  const flow = flowOf(sketches, ['s.o -> t.i'], COMMIT);
  const workers = async (): Promise<number> => {
    await Promise.all(Array.from({ length: 20 }, () => flow.execute('probe')));
    return peak;
  };
  return { flow, workers };
};

/** Nothing of the attempt counts, and its task was dropped. */
const expectNothingLeft = (state: JobState): void => {
  expect(state.status).toBe('cancelled');
  expect(state.history().map(({ eventName }) => eventName)).toEqual(['start']);
  expect([state.outputLog, state.pendingTasks]).toEqual([[], []]);
  expect(state.routineState('s')).not.toHaveProperty('late');
  expect(state.metrics.routine('s')).toMatchObject({ completed: 0, failed: 0, retried: 0, dropped: 1 });
};

/** What an attempt comes to that asks for it from within its own handler; its job may have ended by then. */
const decided = async (decide: (attempt: HandlerContext) => boolean, options: FlowOptions = {}): Promise<boolean> => {
  let is: boolean | undefined;
  const trigger: Handler = (_, ctx) => {
    is = decide(ctx as HandlerContext);
    // Nobody settles what was decided here.
    if (ctx.job.status === 'running') void ctx.flow.cancel();
  };
  const flow = flowOf({ s: { slots: { trigger } } }, [], options);
  await flow.execute('s');
  return is as boolean;
};

describe('outcome', () => {
  describe('an update of the state that cancels its job at the commit (D31, D13)', () => {
    it.each(WAYS)('should leave nothing of the attempt behind, which ended %s', async (_, trigger) => {
      const { flow, workers } = flowWithProbe(trigger);
      for (let time = 0; time < 3; time++) {
        const job = flow.start('s');
        const ends: string[] = [];
        job.record$.subscribe(({ type }) => {
          if (type === 'ended') ends.push(type);
        });
        expectNothingLeft(await job.done);
        await turn();
        expectNothingLeft(job.state);
        expect(ends).toEqual(['ended']);
      }
      // Each of them has given its worker back, and only once.
      expect(await workers()).toBe(2);
    });

    it('should leave nothing to settle', async () => {
      const decide = (attempt: HandlerContext): boolean => {
        cancellingAtCommit(attempt as unknown as Context);
        return succeed(attempt);
      };
      expect(await decided(decide, COMMIT)).toBe(false);
      expect(await decided((attempt) => succeed(attempt), COMMIT)).toBe(true);
    });
  });

  describe('a failure whose own question cancels the job (D31)', () => {
    const asked: readonly [string, (cancel: () => void) => { retry: ErrorHandlerOptions; flow?: FlowOptions }][] = [
      [
        'retryOn',
        (cancel) => ({
          retry: {
            retryOn: () => {
              cancel();
              return true;
            },
          },
        }),
      ],
      [
        'random',
        (cancel) => ({
          retry: { jitter: 1 },
          flow: {
            random: () => {
              cancel();
              return 0.5;
            },
          },
        }),
      ],
      ['a message that is read', () => ({ retry: {} })],
    ];

    const build = (ask: (typeof asked)[number][1], trigger: Handler) => {
      let job: Job | undefined = undefined;
      const cancel = (): void => {
        if (job?.status === 'running') void job.cancel('by the question');
      };
      const { retry, flow: options = {} } = ask(cancel);
      const flow = flowOf({ s: { slots: { trigger } } }, [], options);
      flow.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 1, ...retry }));
      return { start: () => (job = flow.start('s')), cancel };
    };

    it.each(asked)('should be followed by nothing: %s', async (_, ask) => {
      let calls = 0;
      const { start, cancel } = build(ask, () => {
        calls++;
        throw Object.defineProperty(new Error(), 'message', {
          get: () => {
            cancel();
            return 'read';
          },
        });
      });
      const job = start();
      const state = await job.done;
      await turn();
      expect([calls, state.status, state.error, state.pendingTasks]).toEqual([1, 'cancelled', undefined, []]);
      expect(state.metrics.routine('s')).toMatchObject({ retried: 0, total: 0, dropped: 1 });
      expect(state.metrics.flow().droppedTasks).toBe(1);
    });

    it.each(asked.slice(0, 2))('should leave nothing to settle: %s', async (_, ask) => {
      let is: boolean | undefined;
      const { start } = build(ask, (_data, ctx) => {
        is = fail(ctx as HandlerContext, new Error('no'));
      });
      await start().done;
      expect(is).toBe(false);
      expect(await decided((attempt) => fail(attempt, new Error('no')))).toBe(true);
    });
  });
});
