import { ErrorHandler, type Flow, type Handler } from '../../lib/index.js';
import { deferred, emitting, flowOf, noting, routine, type Sketch, sleep } from '../support/flows.js';
import { thrown } from '../support/thrown.js';

/** A flow whose entry waits for a word before it emits, so that the flow can be changed under a running job. */
const waiting = () => {
  const word = deferred();
  const log: string[] = [];
  const s: Sketch = {
    slots: {
      trigger: async (_, ctx) => {
        await word.promise;
        ctx.emit('o', {});
      },
    },
  };
  const flow = flowOf({ s, a: { slots: { i: noting(log, 'a') } } }, ['s.o -> a.i']);
  return { flow, log, go: word.resolve };
};

type Change = [string, (flow: Flow, log: string[]) => unknown];

describe('Plan (rule 8, D17)', () => {
  it.each<Change>([
    ['connect', (flow) => flow.connect('s', 'o', 'a', 'j')],
    ['disconnect', (flow) => flow.connections.forEach((connection) => flow.disconnect(connection))],
    [
      'addRoutine and connect',
      (flow, log) => {
        flow.addRoutine(routine({ slots: { i: noting(log, 'b') } }), 'b');
        flow.connect('s', 'o', 'b', 'i');
      },
    ],
  ])('should not let %s touch a job that runs: it is for later runs', async (_, change) => {
    const { flow, log, go } = waiting();
    flow.routines.get('a')?.defineSlot('j', noting(log, 'j') as Handler<object>);
    const job = flow.start('s');
    await sleep(1);
    change(flow, log);
    go();
    await job.done;
    expect(log).toEqual(['a']);
    await flow.execute('s');
    expect(log).not.toEqual(['a', 'a']);
  });

  it('should not let setErrorHandler touch a job that runs', async () => {
    const word = deferred();
    const fail = async (): Promise<void> => {
      await word.promise;
      throw new Error('no');
    };
    const flow = flowOf({ s: { slots: { trigger: fail } } });
    const job = flow.start('s');
    await sleep(1);
    flow.setErrorHandler(new ErrorHandler({ strategy: 'continue' }));
    word.resolve();
    expect((await job.done).status).toBe('failed');
    expect((await flow.execute('s')).status).toBe('completed');
  });

  it('should carry the number of the connection and its mapping from the describing side to the task', async () => {
    const links: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: emitting({ a: 1 }) } }, t: { slots: { i: () => undefined } } });
    const made = flow.connect('s', 'o', 't', 'i', { a: 'b' });
    const job = flow.start('s');
    job.record$.subscribe((record) => {
      if (record.type === 'taskStarted') links.push(record.connection);
    });
    await job.done;
    expect(links).toEqual([undefined, made]);
  });

  it('should refuse at the start a slot whose event for values is not there', () => {
    const flow = flowOf({ s: { slots: { trigger: [() => undefined, { emits: 'x' }] } } });
    expect(thrown(() => flow.start('s'))).toMatchObject({ code: 'UNKNOWN_EVENT' });
    expect(flow.jobs).toEqual([]);
  });

  it('should keep nothing of its runs: the structure is the same before and after (S06, S07, rule 7)', async () => {
    const t: Sketch = { slots: { i: [(_, ctx) => ctx.setState({ n: 1 }), { merge: 'append' }] } };
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }) } }, t }, ['s.o -> t.i']);
    const picture = (): unknown => ({
      routines: [...flow.routines].map(([id, { config, slots, events }]) => [id, config, [...slots.keys()], [...events.keys()]]),
      connections: [...flow.connections],
      settings: [flow.executionStrategy, flow.maxWorkers, flow.executionTimeoutMs],
    });
    const before = picture();
    const states = [await flow.execute('s'), await flow.execute('s')];
    expect(picture()).toEqual(before);
    expect(states.map((state) => state.routineState('t')?.['n'])).toEqual([1, 1]);
  });
});
