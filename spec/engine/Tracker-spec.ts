import type { Handler, JobState } from '../../lib/index.js';
import { deferred, flowOf } from '../support/flows.js';
import { turn } from '../support/virtualTime.js';

/** The state of a job whose one task leaves a promise behind, once that has settled in some way. */
const after = async (leave: Handler, settle: (left: ReturnType<typeof deferred<void>>) => void): Promise<JobState> => {
  const left = deferred();
  const trigger: Handler = function (data, ctx) {
    ctx.track(left.promise);
    return leave.call(this, data, ctx);
  };
  const job = flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' }).start('s');
  await turn();
  expect(job.status).toBe('running');
  settle(left);
  const state = await job.done;
  await turn();
  return state;
};

describe('Tracker', () => {
  it('should let what was kept back count when the promise has settled', async () => {
    const state = await after(
      (_, ctx) => {
        ctx.output('x', { n: 1 });
        ctx.setState({ n: 1 });
      },
      ({ resolve }) => {
        resolve();
      },
    );
    expect([state.status, state.outputLog.length]).toEqual(['completed', 1]);
    expect(state.routineState('s')).toMatchObject({ n: 1 });
  });

  it('should let nothing count if an update of the state, which is asked then, ends the job (D31)', async () => {
    const state = await after(
      (_, ctx) => {
        let asked = 0;
        ctx.output('x', { n: 1 });
        ctx.setState((own) => {
          if (++asked === 2) ctx.cancel('by the update');
          return { ...own, n: 1 };
        });
      },
      ({ resolve }) => {
        resolve();
      },
    );
    expect([state.status, state.reason, state.outputLog]).toEqual(['cancelled', 'by the update', []]);
    expect(state.routineState('s')).not.toHaveProperty('n');
  });

  it('should let nothing count if a getter of the state, which is read last of all, ends the job (D31)', async () => {
    /** Keeps a state that has a getter, and does something at a read of it; gives how often it was read. */
    const run = async (last: number): Promise<readonly [JobState, number]> => {
      let reads = 0;
      const state = await after(
        (_, ctx) => {
          const nested = {
            get n() {
              if (++reads === last) ctx.cancel('by the getter');
              return 1;
            },
          };
          ctx.output('x', { n: 1 });
          ctx.setState(() => ({ nested }));
        },
        ({ resolve }) => {
          resolve();
        },
      );
      return [state, reads];
    };
    const [whole, reads] = await run(Infinity);
    expect(whole.routineState('s')).toMatchObject({ nested: { n: 1 } });
    const [state] = await run(reads);
    expect([state.status, state.reason, state.outputLog]).toEqual(['cancelled', 'by the getter', []]);
    expect(state.routineState('s')).not.toHaveProperty('nested');
  });

  it('should not count a failure of which the message, which is read then, ends the job (D31)', async () => {
    let end: () => void = () => undefined;
    const state = await after(
      (_, ctx) => {
        end = () => {
          if (ctx.job.status === 'running') ctx.cancel('by the message');
        };
      },
      ({ reject }) => {
        reject(
          Object.defineProperty(new Error(), 'message', {
            get: () => {
              end();
              return 'read';
            },
          }),
        );
      },
    );
    expect([state.status, state.reason, state.error]).toEqual(['cancelled', 'by the message', undefined]);
    expect(state.metrics.routine('s')).toMatchObject({ completed: 1, failed: 0 });
    expect(state.history().map(({ eventName }) => eventName)).toEqual(['start']);
  });
});
