import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Data, ErrorHandler, type Flow, type FlowOptions, type Handler, type JobState } from '../../lib/index.js';
import { flowOf } from '../support/flows.js';
import { turn } from '../support/virtualTime.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

const heap = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

/** A flow that gathers `count` values in the slot `t.i`, one task each. */
const gathering = (count: number, i: Handler, options: FlowOptions = {}): Flow => {
  const trigger: Handler = (_, ctx) => {
    for (let k = 0; k < count; k++) ctx.emit('o', { k });
  };
  return flowOf({ s: { slots: { trigger } }, t: { slots: { i: [i, { merge: 'append' }] } } }, ['s.o -> t.i'], options);
};

/** What a job that has gathered so many values holds, in bytes, while its state is kept. */
const heldBy = async (count: number, options: FlowOptions): Promise<{ bytes: number; state: JobState }> => {
  const before = heap();
  const state = await gathering(count, () => undefined, options).execute('s');
  await turn();
  return { bytes: heap() - before, state };
};

const lengthOf = ({ k }: Data): number => (k as unknown[]).length;

describe('a slot that gathers many values (D46)', () => {
  it.each<[string, FlowOptions]>([
    ['by default', {}],
    ['without metrics', { metrics: false }],
    ["with emitMode 'commit'", { emitMode: 'commit' }],
    ["with isolation 'clone'", { isolation: 'clone' }],
  ])(
    'should keep one list of them, not one for each execution that is kept: %s',
    async (_, options) => {
      await heldBy(100, options);
      const { bytes, state } = await heldBy(6_000, options);
      expect(state.status).toBe('completed');
      // A list of them takes 50 kB, and 1,000 executions and 1,000 records about 1 MB: a list for each of them would take 40 MB.
      expect(bytes).toBeLessThan(5_000_000);
    },
    60_000,
  );

  it('should show an execution with the payload that arrived, not with what the slot had gathered (G80)', async () => {
    const { state } = await heldBy(3, {});
    expect(state.metrics.routine('t')?.executions.map(({ params }) => params)).toEqual([{ k: 0 }, { k: 1 }, { k: 2 }]);
  });

  it('should give every task a list of its own, of what had arrived by then, also when it waits long (G24)', async () => {
    const lists: Data[] = [];
    const i: Handler = async (data) => {
      lists.push(data);
      await turn();
      (data['k'] as unknown[]).push('spoilt');
    };
    await gathering(50, i, { maxWorkers: 4 }).execute('s');
    expect(lists.map(lengthOf)).toEqual(Array.from({ length: 50 }, (_, n) => n + 2));
    expect(lists.at(-1)?.['k']).toEqual([...Array.from({ length: 50 }, (_, k) => k), 'spoilt']);
  });

  it('should give a retry what its first attempt got, whatever has arrived meanwhile (D24)', async () => {
    const seen: string[] = [];
    const i: Handler = (data, ctx) => {
      seen.push(`${String(lengthOf(data))} at ${String(ctx.attempt)}`);
      if (lengthOf(data) === 2 && ctx.attempt < 3) throw new Error('not yet');
    };
    const errorHandler = new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs: 0 });
    await gathering(4, i, { errorHandler }).execute('s');
    expect(seen).toEqual(['1 at 1', '2 at 1', '3 at 1', '4 at 1', '2 at 2', '2 at 3']);
  });
});
