/** What a stranger's scripts have shown wrong, each as small as it can be. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, Flow, Routine } from 'routilux';
import { type JobInfo, Runtime, type RuntimeEvent, type RuntimeOptions } from 'routilux/runtime';
import { memoryStore } from 'routilux/store/memory';

type Act = (data: Record<string, unknown>, ctx: Context) => unknown;

/** A routine that does as it is told, and another one behind it that gathers. */
const two = (act: Act, { flowId = 'f', id = 'r', more = false }: { flowId?: string; id?: string; more?: boolean } = {}): Flow => {
  const flow = new Flow({ flowId });
  const [first, gather] = [new Routine(), new Routine()];
  first.defineEvent('out');
  first.defineSlot('trigger', act);
  first.defineSlot('answer', act);
  gather.defineSlot('in', (data, ctx) => ctx.output('gathered', { ...data }), { merge: 'append' });
  flow.addRoutine(first, id);
  flow.addRoutine(gather, 'gather');
  if (more) flow.addRoutine(new Routine(), 'more');
  flow.connect(id, 'out', 'gather', 'in');
  return flow;
};

const asking: Act = ({ ask }, ctx) => void (typeof ask === 'string' && ctx.waitFor({ slot: 'answer' }, { token: ask }));

const until = async (test: () => unknown): Promise<void> => {
  while ((await test()) !== true) await sleep(1);
};

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const opening =
  (store = memoryStore()) =>
  (flows: readonly Flow[], options: Partial<RuntimeOptions> = {}): Promise<Runtime> =>
    Runtime.open({ store, flows, ...options });

const infoOf = async (runtime: Runtime, jobId: string): Promise<JobInfo | undefined> => (await runtime.find(jobId))?.info();

describe('a value that is undefined', () => {
  it('should be kept in the state, in shared values and in lists that are gathered', async () => {
    const runtime = await opening()([
      two((_, ctx) => {
        ctx.setState({ a: undefined, b: 1 });
        ctx.shared.set('s', undefined);
        ctx.emit('out', { x: undefined });
        ctx.emit('out', { x: 2 });
      }),
    ]);
    const state = await (await runtime.start('f', 'r')).done;
    expect(state.routineState('r')).toMatchObject({ a: undefined, b: 1 });
    expect(Object.keys(state.routineState('r') ?? {})).toContain('a');
    expect(state.outputLog.map(({ data }) => data)).toEqual([{ x: [undefined] }, { x: [undefined, 2] }]);
    await runtime.close();
  });
});

describe('what is due', () => {
  it('should delete the job that it was written for alone, whatever retainMs is now', async () => {
    const open = opening();
    const flows = (): readonly Flow[] => [two(asking)];
    const first = await open(flows(), { retainMs: 20 });
    await (
      await first.start('f', 'r', {}, { jobId: 'x' })
    ).done;
    await first.close();
    const second = await open(flows(), { retainMs: 60_000 });
    await second.delete('x').catch(() => undefined);
    await second.start('f', 'r', { ask: 'token' }, { jobId: 'x' });
    await until(async () => (await infoOf(second, 'x'))?.waits === 1);
    await second.pause('x');
    await second.close();
    await sleep(25);
    const third = await open(flows());
    await sleep(5);
    await expect(infoOf(third, 'x')).resolves.toMatchObject({ status: 'paused' });
    await third.close();
  });

  it('should not be kept from its time by a job whose flow has changed: that is held', async () => {
    const open = opening();
    const first = await open([two(asking), two(asking, { flowId: 'g' })]);
    await first.start('f', 'r', {}, { jobId: 'j1', delayMs: 5 });
    await first.start('g', 'r', {}, { jobId: 'j2', delayMs: 10 });
    await first.close();
    await sleep(15);
    const second = await open([two(asking, { more: true }), two(asking, { flowId: 'g' })]);
    await (
      await second.find('j2')
    )?.done;
    await (
      await second.start('g', 'r', {}, { jobId: 'j3', delayMs: 5 })
    ).done;
    await expect(infoOf(second, 'j1')).resolves.toMatchObject({ status: 'pending', held: 'STRUCTURE_CHANGED' });
    await second.close();
  });
});

describe('a job that is paused, and not here', () => {
  /** A runtime on a store that holds one. */
  const paused = async (): Promise<[ReturnType<typeof opening>, Runtime, ReturnType<typeof memoryStore>]> => {
    const store = memoryStore();
    const open = opening(store);
    const first = await open([two(asking)]);
    await first.start('f', 'r', { ask: 'T' }, { jobId: 'A' });
    await until(async () => (await infoOf(first, 'A'))?.waits === 1);
    await first.pause('A');
    await first.close();
    return [open, await open([two(asking)]), store];
  };

  it('should be cancelled, or go on, and not be lost between the two', async () => {
    const [, runtime] = await paused();
    await Promise.all([runtime.resume('A'), runtime.cancel('A')]);
    await expect(infoOf(runtime, 'A')).resolves.toMatchObject({ status: 'cancelled', live: false });
    await runtime.close();
  });

  it('should keep the tokens of its questions for itself', async () => {
    const [, runtime] = await paused();
    const second = await (await runtime.start('f', 'r', { ask: 'T' }, { jobId: 'B' })).done;
    expect(second.error?.message).toContain("under the token 'T' already");
    expect((await all(runtime.waits())).map(({ jobId }) => jobId)).toEqual(['A']);
    await runtime.cancel('A');
    const third = await runtime.start('f', 'r', { ask: 'T' }, { jobId: 'C' });
    await until(async () => (await third.info()).waits === 1);
    await runtime.close();
  });

  it('should run again when it is said that it was resumed', async () => {
    const [open, runtime, store] = await paused();
    await runtime.resume('A');
    store.crash();
    const next = await open([two(asking)]);
    expect(next.recovered).toMatchObject([{ jobId: 'A', status: 'running' }]);
    await next.close();
  });
});

describe('a token', () => {
  it('should be known as answered as long as one of the jobs is kept in which it was', async () => {
    const runtime = await opening()([two(asking)]);
    for (const jobId of ['A', 'B']) {
      const job = await runtime.start('f', 'r', { ask: 'T' }, { jobId });
      await until(async () => (await job.info()).waits === 1);
      await runtime.answer('T', {});
      await job.done;
    }
    await runtime.delete('A');
    await expect(runtime.answer('T')).rejects.toMatchObject({ code: 'ALREADY_ANSWERED' });
    await runtime.close();
  });

  it('should be found beside one that begins with it', async () => {
    const open = opening();
    const first = await open([two(asking)]);
    for (const [jobId, ask] of Object.entries({ A: 'a', B: 'a\0b', C: 'a\u0001' }))
      await first.start('f', 'r', { ask }, { jobId });
    await until(async () => (await all(first.waits())).length === 3);
    await first.close();
    const second = await open([two(asking)], { recover: 'none' });
    await second.answer('a', 1);
    await until(async () => (await infoOf(second, 'A'))?.waits === 0);
    await second.close();
  });
});

describe('a list that was written whole', () => {
  it('should go on growing after another death, whatever its key is called', async () => {
    const store = memoryStore();
    const open = opening(store);
    const act: Act = (data, ctx) => {
      if ('answer' in data) ctx.emit('out', { $: 2 });
      else {
        ctx.emit('out', { $: 1 });
        ctx.waitFor({ slot: 'answer' }, { token: 'T' });
      }
    };
    const first = await open([two(act)]);
    await first.start('f', 'r', {}, { jobId: 'j' });
    await until(async () => (await infoOf(first, 'j'))?.done === 2);
    await first.close();
    const second = await open([two(act, { id: 's' })]);
    await second.resume('j', { remap: { r: 's' } });
    await second.answer('T');
    store.crash();
    const third = await open([two(act, { id: 's' })]);
    expect((await (await third.find('j'))?.done)?.outputLog.at(-1)?.data).toEqual({ $: [1, 2] });
    await third.close();
  });
});

describe('a store that is lost', () => {
  it.each<[string, (runtime: Runtime) => Promise<unknown>]>([
    ['start', (runtime) => runtime.start('f', 'r')],
    ['answer', (runtime) => runtime.answer('T', {})],
    ['cancel', (runtime) => runtime.cancel('A')],
    ['pause', (runtime) => runtime.pause('A')],
  ])('should be told to whoever calls, now and later: %s', async (_, call) => {
    const store = memoryStore();
    const runtime = await opening(store)([two(asking)]);
    const events: RuntimeEvent[] = [];
    runtime.event$.subscribe((event) => events.push(event));
    const job = await runtime.start('f', 'r', { ask: 'T' }, { jobId: 'A' });
    await until(async () => (await job.info()).waits === 1);
    store.crash();
    await expect(call(runtime)).rejects.toMatchObject({ code: 'STORE_LOST' });
    await expect(runtime.start('f', 'r')).rejects.toMatchObject({ code: 'STORE_LOST' });
    expect(events.at(-1)).toMatchObject({ type: 'storeFailed' });
    // It is another one's by now.
    const next = await opening(store)([two(asking)]);
    await runtime.close();
    await (
      await next.start('f', 'r')
    ).done;
    await next.close();
  });
});
