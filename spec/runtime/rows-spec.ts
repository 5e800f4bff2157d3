import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, ErrorHandler, Flow, type JobState, Routine } from 'routilux';
import { Runtime } from 'routilux/runtime';
import { memoryStore } from 'routilux/store/memory';
import { Outside, SMALL } from './flows.js';

/** A job as JSON, without what only a job at work has. */
const jsonOf = (state: JobState | undefined): unknown => {
  const { run, connections: _, ...json } = JSON.parse(JSON.stringify(state?.toJSON())) as Record<string, unknown>;
  return { ...json, run: run === undefined ? undefined : { ...(run as object), leftMs: 0 } };
};

describe('the rows of a job, put together', () => {
  it.each(SMALL)('should be the job as it ended: $name', async ({ name, make, entry, params }) => {
    const outside = new Outside();
    const store = memoryStore();
    const runtime = await Runtime.open({ store, flows: [make(outside)] });
    const state = await (await runtime.start(name, entry, params, { jobId: 'a' })).done;
    expect(jsonOf(state)).toEqual(jsonOf(outside.job));
    expect(await store.load('a', ['task', 'later', 'claim', 'wait', 'deferred'])).toEqual([]);
    await runtime.close();
  });

  /** A job that is paused with some of everything: tasks, retries, what is put off, deferred events, questions, state and logs. */
  const everything = (live: (job: JobState) => void, begun: unknown[]): Flow => {
    const flow = new Flow({ flowId: 'everything', history: 20 });
    const start = new Routine();
    const item = start.defineEvent('item');
    const late = start.defineEvent('late');
    start.defineSlot('trigger', (_, ctx) => {
      live(ctx.job);
      for (const n of [0, 1, 2, 3, 4, 5]) ctx.emit(item, { n });
      ctx.emit(item, { n: 'late' }, { delayMs: 60_000 });
      ctx.emit(item, { n: 'soon' }, { delayMs: 5 });
      ctx.emitDeferred(late, { n: 'deferred' });
      ctx.emitDeferred(late, { n: 'second' });
      ctx.waitFor('item', { token: 'q', question: new Map([['a', 1n]]), timeoutMs: 60_000 });
      ctx.setState({ date: new Date(5), map: new Map([[1, { $: 'x' }]]), ['$']: 'magic', gone: 1 });
      ctx.shared.set('a', [1, undefined]);
      ctx.shared.log({ text: 'ü' });
      ctx.output('out', { big: 2n ** 70n });
    });
    const work = new Routine();
    work.defineSlot('in', async ({ n }, ctx: Context) => {
      begun.push(n);
      if (n === 'deferred') await ctx.pause();
      if (n === 0 && ctx.attempt === 1) throw new Error('behind the others');
      if (n === 1) {
        while (ctx.job.pendingTasks.some(({ data, dueAt }) => data['n'] === 'soon' && dueAt !== undefined)) await sleep(1);
        ctx.setState((own) => ({ ...own, kept: 1 }));
        await ctx.pause({ reason: 'to look', checkpoint: { at: 1 } });
      }
    });
    work.setErrorHandler(new ErrorHandler({ strategy: 'retry', maxRetries: 1, delayMs: 0 }));
    const gather = new Routine();
    gather.defineSlot('in', () => undefined, { merge: 'append' });
    flow.addRoutine(start, 'start');
    flow.addRoutine(work, 'work');
    flow.addRoutine(gather, 'gather');
    flow.connect('start', 'item', 'work', 'in');
    flow.connect('start', 'item', 'gather', 'in', { n: 'values' });
    flow.connect('start', 'late', 'work', 'in');
    return flow;
  };

  it('should be the job as it stands, in the order in which it will go on, and go on in that order elsewhere (D20, D22, G62)', async () => {
    const store = memoryStore();
    let live: JobState | undefined;
    const begun: unknown[] = [];
    const first = await Runtime.open({ store, flows: [everything((job) => (live = job), begun)] });
    const job = await first.start('everything', 'start', {}, { jobId: 'a' });
    while ((await job.info()).status !== 'paused') await sleep(1);
    const stored = await job.state();
    expect(stored.pendingTasks.map(({ taskId }) => taskId)).toEqual(live?.pendingTasks.map(({ taskId }) => taskId));
    expect(jsonOf(stored)).toEqual(jsonOf(live));
    const waiting = stored.pendingTasks.filter(({ routineId, dueAt }) => routineId === 'work' && dueAt === undefined);
    const inOrder = waiting.map(({ data }) => data['n']);
    expect([...inOrder].sort()).toEqual([0, 2, 3, 4, 5, 'soon']);
    await first.close();

    // Each goes on for a while; deferred events come before what waited, also over a pause.
    const goOn = async (count: number): Promise<readonly unknown[]> => {
      const again: unknown[] = [];
      const next = await Runtime.open({ store, flows: [everything(() => undefined, again)] });
      await next.resume('a');
      while (again.length < count) await sleep(1);
      await next.close();
      return again;
    };
    expect(begun).toEqual([0, 1]);
    expect(await goOn(1)).toEqual(['deferred']);
    expect(await goOn(7)).toEqual(['second', ...inOrder]);

    const last = await Runtime.open({ store });
    await last.cancel('a');
    expect(await store.load('a', ['task', 'later', 'claim', 'wait', 'deferred'])).toEqual([]);
    await last.close();
  });
});
