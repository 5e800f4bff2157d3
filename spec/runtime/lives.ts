import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow, JobState } from 'routilux';
import { type DurableJob, Runtime, type Store } from 'routilux/runtime';
import { memoryStore } from 'routilux/store/memory';
import { faultyStore } from 'routilux/testing';

/** What happens to a job in one of its lives, beside its handlers. */
export type Script = (job: DurableJob, runtime: Runtime) => unknown;

export interface Living {
  /** The flows of a process, made anew for each. */
  readonly flows: () => readonly Flow[];
  readonly flowId: string;
  readonly entry: string;
  readonly params: object;
  /** Run in each life, once the job is there. */
  readonly script?: Script;
  readonly maxDeliveries?: number;
}

export const JOB = 'job';

/** One process: opens the store, starts the job (or finds it), and waits for its end. */
const live = async (store: Store, { flows, flowId, entry, params, script, maxDeliveries }: Living): Promise<JobState> => {
  const runtime = await Runtime.open({ store, flows: flows(), ...(maxDeliveries !== undefined && { maxDeliveries }) });
  const job = await runtime.start(flowId, entry, params, { jobId: JOB });
  await script?.(job, runtime);
  const state = await job.done;
  await runtime.close();
  return state;
};

/** A life that ends at a call of the store: undefined then. */
const liveUntil = async (store: Store, living: Living, call: number): Promise<JobState | undefined> => {
  const dying = faultyStore(store, { dieAt: call });
  const end = live(dying, living);
  // One that is dead may be refused later.
  end.catch(() => undefined);
  const death = async (): Promise<undefined> => {
    while (dying.calls < call) await sleep(1);
    // Handlers that are at work write outside still.
    await sleep(3);
    return undefined;
  };
  return Promise.race([end, death()]);
};

/** Lives a job through deaths at these calls of the store, one life after the other; then it ends. */
export const liveThrough = async (
  living: Living,
  deaths: readonly number[],
): Promise<{ readonly state: JobState; readonly lives: number }> => {
  const store = memoryStore();
  let lives = 0;
  for (const call of [...deaths, Infinity]) {
    lives++;
    const state = await liveUntil(store, living, call);
    if (state !== undefined) return { state, lives };
    store.crash();
  }
  throw new Error('The last life has no end');
};

/** What a job has come to, without what differs from run to run: times, and how long something took. */
export const outcomeOf = (state: JobState): unknown => {
  const { jobId: _, createdAt: __, updatedAt: ___, ...json } = state.toJSON();
  return JSON.parse(
    JSON.stringify(json, (key, value: unknown) => (/^(timestamp|errorTime|timed|\w*Ms|random)$/.test(key) ? undefined : value)),
  );
};
