import fc from 'fast-check';
import { RoutineStreams } from '../../lib/engine/RoutineStreams.js';
import { noteKind, type Stream, type StreamingJob } from '../../lib/engine/streamKinds.js';
import { RoutineTable } from '../../lib/engine/RoutineTable.js';
import * as fold from '../../lib/job/fold.js';
import { reachableFrom } from '../../lib/plan/reachableFrom.js';
import { fewer } from '../support/arbitrary.js';
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
        told.push(`${id} opens${[...left].length > 0 ? ' again' : ''}`);
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

describe('the streams to complete next, on any flow (D46)', () => {
  const IDS = ['a', 'b', 'c', 'd', 'e'] as const;
  const link = fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...IDS)).map(([from, to]) => `${from}.o -> ${to}.i`);

  /** What happens: a stream is opened, or has ended by itself; or the next ones are asked for, and then completed. */
  const step = fc.oneof(
    fc.record({ opens: fc.constantFrom(...IDS) }),
    fc.record({ ends: fc.constantFrom(...IDS) }),
    fc.constant('completes' as const),
  );

  it('should be those that no other open stream leads to, unless the two are in a cycle (fast-check)', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 9 }), fc.array(step, { maxLength: 12 }), (links, steps) => {
        const flow = flowOf(Object.fromEntries(IDS.map((id) => [id, one])), links);
        const open = new Map<string, Stream>();
        for (const [id, routine] of flow.routines)
          noteKind(routine, {
            open: () => {
              const stream: Stream = { isOpen: true, complete: noop, stop: noop };
              open.set(id, stream);
              return stream;
            },
          });
        const plan = compiled(flow);
        const ledger = new ToldLedger();
        const parts = { plan, ledger, routines: new RoutineTable(ledger), life: { isOver: false }, emissions: { give: noop } };
        const streams = new RoutineStreams({ ...parts, streams: undefined });
        const leads = (from: string, to: string): boolean => reachableFrom(routineIn(plan, from)).has(routineIn(plan, to));
        const plainly = (): readonly Stream[] => {
          const present = [...open].filter(([, { isOpen }]) => isOpen);
          const isBehind = (id: string): boolean => present.some(([other]) => leads(other, id) && !leads(id, other));
          return present.flatMap(([id, stream]) => (isBehind(id) ? [] : [stream]));
        };
        const end = (stream: Stream | undefined): void => void Object.assign(stream ?? {}, { isOpen: false });
        for (const each of steps) {
          if (each !== 'completes' && 'opens' in each) streams.at(routineIn(plan, each.opens));
          else if (each !== 'completes') end(open.get(each.ends));
          expect(streams.next).toEqual(plainly());
          expect(streams.next.map((stream) => [...open.values()].indexOf(stream))).toEqual(
            plainly().map((stream) => [...open.values()].indexOf(stream)),
          );
          if (each === 'completes') streams.next.forEach(end);
        }
      }),
      { numRuns: fewer },
    );
  });
});
