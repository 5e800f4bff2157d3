import { currentContext, Flow, JobState, Routine } from '../../lib/index.js';

/** Reads an order and hands on each of its lines. */
class Reader extends Routine {
  readonly line = this.defineEvent<{ product: string; pieces: number }>('line');
  readonly trigger = this.defineSlot('trigger', ({ order }: { order: Record<string, number> }) => {
    for (const [product, pieces] of Object.entries(order)) this.emit(this.line, { product, pieces });
  });
}

/** Puts a price on a line, after a look-up that takes a moment. */
class Pricer extends Routine {
  readonly priced = this.defineEvent<{ product: string; cents: number }>('priced');
  readonly line = this.defineSlot('line', async ({ product, count }: { product: string; count: number }) => {
    const price = await Promise.resolve(product.length * 10);
    this.emit(this.priced, { product, cents: price * count });
  });
}

/** Adds up what it is given, and shows the total so far. */
class Till extends Routine {
  readonly item = this.defineSlot('item', ({ cents }: { product: string; cents: number }) => {
    const ctx = currentContext();
    const total = (ctx?.state() as { total?: number }).total ?? 0;
    ctx?.setState({ total: total + cents });
    ctx?.output('total', { cents: total + cents });
  });
}

const shop = (): Flow => {
  const flow = new Flow({ flowId: 'shop' });
  const [reader, pricer, till] = [new Reader(), new Pricer(), new Till()];
  flow.addRoutine(reader, 'reader');
  flow.addRoutine(pricer, 'pricer');
  flow.addRoutine(till, 'till');
  flow.connect(reader.line, pricer.line, { pieces: 'count' });
  flow.connect(pricer.priced, till.item);
  return flow;
};

describe('a first flow (S01)', () => {
  it('should run three routines over one queue, from the entry to the total', async () => {
    const state = await shop().execute('reader', { order: { tea: 2, milk: 1 } });
    expect(state).toBeInstanceOf(JobState);
    expect(state.status).toBe('completed');
    expect(state.routineState('till')).toMatchObject({ total: 100, status: 'completed' });
    expect(state.outputLog.map(({ data }) => data['cents'])).toEqual([60, 100]);
    expect(state.history().map(({ routineId, eventName }) => `${routineId} ${eventName}`)).toEqual([
      'reader start',
      'reader line',
      'reader line',
      'pricer priced',
      'pricer priced',
    ]);
  });

  it('should be watched while it runs, and waited for', async () => {
    const flow = shop();
    const job = flow.start('reader', { order: { tea: 1, salt: 3 } });
    const activations: string[] = [];
    job.record$.subscribe((record) => {
      if (record.type === 'taskStarted') activations.push(`${record.routineId}.${record.slot}`);
    });
    expect(await JobState.waitForCompletion(flow, job, { timeoutMs: 60_000 })).toBe(true);
    expect(activations).toEqual(['reader.trigger', 'pricer.line', 'pricer.line', 'till.item', 'till.item']);
    expect(job.state.routineState('till')).toMatchObject({ total: 150 });
  });

  it('should serve many orders at once, each with a total of its own, and be shut down at the end', async () => {
    const flow = shop().setExecutionStrategy('concurrent', { maxWorkers: 4 });
    const states = await Promise.all([1, 2, 3].map((tea) => flow.execute('reader', { order: { tea } })));
    expect(states.map((state) => state.routineState('till')?.['total'])).toEqual([30, 60, 90]);
    await flow.shutdown();
    await expect(flow.execute('reader')).rejects.toMatchObject({ code: 'SHUT_DOWN' });
  });

  it('should say what went wrong, where, and how to start again', async () => {
    const state = await shop().execute('reader', { order: null });
    expect(state.status).toBe('failed');
    expect(state.error?.message).toContain("Routine 'reader' failed in slot 'trigger'");
    await expect(shop().execute('cashier')).rejects.toThrow("'cashier'");
  });
});
