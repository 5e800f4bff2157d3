import { RoutineStreams } from '../../lib/engine/RoutineStreams.js';
import { noteKind, type Stream, type StreamingJob } from '../../lib/engine/streamKinds.js';
import { RoutineTable } from '../../lib/engine/RoutineTable.js';
import * as fold from '../../lib/job/fold.js';
import { flowOf } from '../support/flows.js';
import { compiled, routineIn, ToldLedger } from '../support/ledgers.js';

const noop = (): void => undefined;
const one = { slots: { i: noop, trigger: noop } };

/** A job whose routines `a`, `b` and `c` keep streams that note what happens to them; `d` keeps none. */
const bench = (...links: readonly string[]) => {
  const flow = flowOf({ a: one, b: one, c: one, d: one }, links);
  const told: string[] = [];
  const user = { atOpen: (_: string): void => undefined };
  const life = { isOver: false };
  const open = new Set<string>();
  const streamOf = (id: string): Stream => ({
    get isOpen() {
      return open.has(id);
    },
    complete: () => void told.push(`${id} completes`),
    stop: () => void told.push(`${id} stops`),
  });
  for (const id of ['a', 'b', 'c'])
    noteKind(flow.routines.get(id) as never, {
      open: (_job, _routine, left) => {
        told.push(`${id} opens${left.length > 0 ? ' again' : ''}`);
        open.add(id);
        user.atOpen(id);
        return streamOf(id);
      },
    });
  const plan = compiled(flow);
  const ledger = new ToldLedger();
  const job: StreamingJob = {
    plan,
    ledger,
    routines: new RoutineTable(ledger),
    life,
    emissions: { give: noop },
    streams: undefined,
  };
  const streams = new RoutineStreams(job);
  const end = (): void => {
    life.isOver = true;
  };
  const completeNext = (): void => {
    for (const stream of streams.next) stream.complete();
  };
  return { streams, plan, ledger, told, user, open, end, completeNext };
};

describe('RoutineStreams', () => {
  it('should open those that the entry leads to, its own first, each once', () => {
    const { streams, plan, told } = bench('a.o -> b.i', 'b.o -> a.i');
    streams.openAll(routineIn(plan, 'a'));
    streams.at(routineIn(plan, 'a'));
    expect(told).toEqual(['a opens', 'b opens']);
  });

  it('should open those that were open before, wherever the entry leads', () => {
    const { streams, plan, ledger, told } = bench();
    fold.streamsSet(ledger.data, 'c', [{ inputs: [], given: 0, begun: true, stage: 'open' }]);
    streams.openAll(routineIn(plan, 'd'));
    expect(told).toEqual(['c opens again']);
    expect(streams.at(routineIn(plan, 'd'))).toBeUndefined();
  });

  it('should open one to which nothing seemed to lead when something comes to it', () => {
    const { streams, plan, told } = bench();
    streams.openAll(undefined);
    expect(streams.at(routineIn(plan, 'c'))).toMatchObject({ isOpen: true });
    expect(told).toEqual(['c opens']);
  });

  it('should open no other if one ends the job, and stop that one (D31)', () => {
    const { streams, plan, told, user, end } = bench('a.o -> b.i');
    user.atOpen = end;
    streams.openAll(routineIn(plan, 'a'));
    expect(told).toEqual(['a opens', 'a stops']);
  });

  it('should not open one within itself that comes back to it while it opens', () => {
    const { streams, plan, told, user } = bench();
    const seen: unknown[] = [];
    user.atOpen = () => {
      seen.push(streams.at(routineIn(plan, 'a')));
    };
    streams.at(routineIn(plan, 'a'));
    expect([told, seen]).toEqual([['a opens'], [undefined]]);
  });

  it('should complete first what leads to others, and what stands in a cycle at once', () => {
    const { streams, plan, told, open, completeNext } = bench('a.o -> b.i', 'b.o -> c.i', 'c.o -> b.i');
    streams.openAll(routineIn(plan, 'a'));
    told.length = 0;
    completeNext();
    expect(told).toEqual(['a completes']);
    open.delete('a');
    completeNext();
    expect(told.slice(1)).toEqual(['b completes', 'c completes']);
    open.clear();
    expect(streams.next).toEqual([]);
  });

  it('should stop all', () => {
    const { streams, plan, told } = bench('a.o -> b.i');
    streams.openAll(routineIn(plan, 'a'));
    streams.stop();
    expect(told.slice(2)).toEqual(['a stops', 'b stops']);
  });
});
