import { Flow, JobError, JobState, TimeoutError, WireError } from '../../lib/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';
import { clockAt, MINUTE, MORNING, pausedStory, registry, seen, story, textOf, trip } from './sample.js';
import { difference } from './values.js';

/** What was counted of a routine; not what was timed, which is a sample. */
const countsOf = (state: JobState, id: string): unknown => {
  const { total, completed, failed, skipped, retried, dropped, emitted } = state.metrics.routine(id) ?? {};
  return { total, completed, failed, skipped, retried, dropped, emitted };
};

describe('a paused job that holds everything', () => {
  it('should be the story that the other specs think it is', async () => {
    const { state } = (await pausedStory()).job;
    expect(state.status).toBe('paused');
    expect(state.pendingTasks.map(({ routineId, data, attempt, dueAt }) => [routineId, data, attempt, dueAt])).toEqual([
      ['writer', { n: 3, sum: 6 }, 1, undefined],
      ['parser', { n: [1, 2], at: [new Date(MORNING + 1), new Date(MORNING + 2)] }, 2, new Date(MORNING + MINUTE)],
    ]);
    expect(state.deferredEvents).toHaveLength(1);
    expect(state.pausePoints).toMatchObject([{ reason: 'lunch', checkpoint: new Map([['row', 1n]]) }]);
    expect(state.history('audit').map(({ eventName }) => eventName)).toEqual(Array(3).fill('error_continued'));
  });

  it('should have every field equal after a round trip, at the same instants (SC095, G74)', async () => {
    const { state } = (await pausedStory()).job;
    const before = seen(state);
    for (const [field, value] of Object.entries(seen(trip(state))))
      expect([field, difference(value, before[field])]).toEqual([field, undefined]);
  });

  it('should go on elsewhere: what waited, what was deferred, and the retry at its own time (D20, D22, D23, G79)', async () => {
    const { job, flow: first } = await pausedStory();
    const time = clockAt(MORNING + 2_000);
    const flow = Flow.fromJSON(JSON.stringify(first), registry, { scheduler: time.scheduler });
    const next = flow.resume(JobState.fromJSON(JSON.stringify(job.snapshot())));
    const rows = (): unknown[] => next.state.outputLog.map(({ data }) => data);
    await time.advance(MINUTE - 2_001);
    const early = [{ row: 1, sum: 1, page: 7n }, { row: 3, sum: 6, page: 7n }, { row: 9, sum: 15, page: 7n }]; // prettier-ignore
    expect([next.id, next.status, rows()]).toEqual(['monday', 'running', early]);
    await time.advance(1);
    expect([next.status, rows()]).toEqual(['completed', [...early, { row: 2, sum: 3, page: 7n }]]);
    expect(next.state.createdAt).toEqual(new Date(MORNING));
  });

  it('should go on elsewhere as it goes on here: the same history, states, output, and numbers (SC095)', async () => {
    const [stays, leaves] = [await pausedStory(), await pausedStory()];
    stays.job.resume();
    await stays.time.advance(2 * MINUTE);
    const time = clockAt(MORNING + 10);
    const moved = story({ scheduler: time.scheduler }).resume(trip(leaves.job.state));
    await time.advance(2 * MINUTE);
    expect(moved.status).toBe('completed');
    const untimed = { routines: undefined, metrics: undefined };
    expect(difference({ ...seen(moved.state), ...untimed }, { ...seen(stays.job.state), ...untimed })).toBeUndefined();
    for (const id of Object.keys(stays.job.state.routineStates))
      expect(countsOf(moved.state, id)).toEqual(countsOf(stays.job.state, id));
  });

  it('should show what waits in the order in which it is due, whatever the order in its JSON (D20)', async () => {
    const json = JSON.parse(textOf((await pausedStory()).job.state)) as { pendingTasks: unknown[] };
    json.pendingTasks.reverse();
    expect(JobState.fromJSON(json).pendingTasks.map(({ routineId }) => routineId)).toEqual(['writer', 'parser']);
  });

  it('should be read into an empty state only, which is otherwise left as it is', async () => {
    const { job, flow } = await pausedStory();
    const text = textOf(job.state);
    const full = JobState.fromJSON(text);
    for (const state of [full, job.state])
      expect(thrown(() => state.deserialize(text))).toMatchObject({ name: 'JobError', code: 'ILLEGAL_TRANSITION' });
    expect(textOf(full)).toBe(text);
    expect(flow.jobs).toEqual([job]);
    const empty = new JobState();
    const before = textOf(empty);
    expect(thrown(() => empty.deserialize(text.slice(1)))).toBeInstanceOf(WireError);
    expect(textOf(empty)).toBe(before);
  });

  it('should share nothing with its JSON', async () => {
    const json = JSON.parse(textOf((await pausedStory()).job.state)) as Record<string, Record<string, unknown>[]>;
    const state = JobState.fromJSON(json);
    const before = textOf(state);
    for (const task of json['pendingTasks'] ?? []) Object.assign(task['data'] as object, { n: 'spoilt' });
    for (const point of json['pausePoints'] ?? []) point['checkpoint'] = 'spoilt';
    const written = state.toJSON();
    Object.assign(written.pendingTasks[0]?.data as object, { n: 'spoilt' });
    expect(textOf(state)).toBe(before);
  });
});

const throwing = (error: unknown) => () => {
  throw error;
};

const ended: readonly [string, () => Promise<JobState>, object][] = [
  ['completed', () => flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } } }).execute('s', { n: 1 }), { status: 'completed' }],
  [
    'failed',
    () => flowOf({ s: { slots: { trigger: throwing(new RangeError('far')) } } }).execute('s'),
    { status: 'failed', error: { code: 'TASK_FAILED', retriable: true, details: { routineId: 's', slot: 'trigger' } } },
  ],
  ['failed with no error', () => flowOf({ s: { slots: { trigger: throwing(undefined) } } }).execute('s'), { status: 'failed' }],
  ['failed with a text', () => flowOf({ s: { slots: { trigger: throwing('no') } } }).execute('s'), { status: 'failed' }],
  [
    'timed out',
    async () => {
      const time = clockAt();
      const flow = flowOf({ s: { slots: { trigger: () => time.sleep(100) } } }, [], { scheduler: time.scheduler });
      const { done } = flow.start('s', {}, { timeoutMs: 50 });
      await time.advance(60);
      return done;
    },
    { status: 'failed', error: { name: 'TimeoutError', code: 'TIMEOUT', details: { timeoutMs: 50 } } },
  ],
  [
    'cancelled',
    async () => {
      const job = flowOf({ s: { slots: { trigger: () => new Promise(() => undefined) } } }).start('s');
      await turn();
      return job.cancel('no need');
    },
    { status: 'cancelled', reason: 'no need' },
  ],
  [
    'with deferred events left over',
    () => flowOf({ s: { slots: { trigger: (_, ctx) => { ctx.emitDeferred('o', { n: 1 }); } } } }).execute('s'), // prettier-ignore
    { status: 'completed', deferredEvents: [{ routineId: 's', event: 'o', data: { n: 1 } }] },
  ],
];

describe('a job that has ended', () => {
  it.each(ended)('%s: every field is equal after a round trip, and so is its text (SC095)', async (_, run, expected) => {
    const state = await run();
    expect(state).toMatchObject(expected);
    const back = trip(state);
    const before = seen(state);
    for (const [field, value] of Object.entries(seen(back)))
      if (field !== 'error') expect([field, difference(value, before[field])]).toEqual([field, undefined]);
    expect(textOf(back)).toBe(textOf(state));
    expect(back).toMatchObject(expected);
  });

  it.each(ended)('%s: it cannot be resumed (D12)', async (_, run) => {
    const state = trip(await run());
    const flow = flowOf({ s: { slots: { trigger: undefined } } }, [], { flowId: state.flowId });
    expect(thrown(() => flow.resume(state))).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    expect(flow.jobs).toEqual([]);
  });

  it('should have its error as an error of this library, with the cause as far as it can be told (G49)', async () => {
    class Declined extends Error {
      override readonly name = 'Declined';
      readonly card = '42';
    }
    const state = await flowOf({ s: { slots: { trigger: throwing(new Declined('no money')) } } }).execute('s');
    const { error } = trip(state);
    expect(error).toBeInstanceOf(JobError);
    expect(error).not.toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ message: state.error?.message, cause: { name: 'Declined', message: 'no money' } });
    expect(error?.cause).toBeInstanceOf(Error);
    expect(error?.details).toEqual(state.error?.details);
  });

  it('should have a timeout as a TimeoutError (S34)', async () => {
    const state = await (ended.find(([name]) => name === 'timed out')?.[1] as () => Promise<JobState>)();
    expect(trip(state).error).toBeInstanceOf(TimeoutError);
    expect('cause' in (trip(state).error as Error)).toBe(false);
  });
});
