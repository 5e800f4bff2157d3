import { Subject } from 'rxjs';
import { RoutineTable } from '../../lib/engine/RoutineTable.js';
import type { Emission } from '../../lib/engine/Emission.js';
import { Emissions, type EmittingJob } from '../../lib/engine/Emissions.js';
import type { Task } from '../../lib/engine/Task.js';
import * as fold from '../../lib/job/fold.js';
import type { Data, FlowOptions } from '../../lib/index.js';
import { flowOf } from '../support/flows.js';
import { compiled, eventIn, slotIn, ToldLedger } from '../support/ledgers.js';
import { ours, thrown } from '../support/thrown.js';

const noop = (): void => undefined;

/** The emissions of a job on its own; `atLook` is what the clock does that is asked before each step from outside. */
interface Run {
  readonly isOpen: boolean;
}

const RUN: Run = { isOpen: true };
const SHUT: Run = { isOpen: false };

const bench = (options: FlowOptions = {}, limits?: EmittingJob<Run>['limits'], run = RUN) => {
  const plan = compiled(flowOf({ s: { slots: { trigger: noop } }, t: { slots: { i: noop } } }, ['s.o -> t.i']), options);
  const ledger = new ToldLedger();
  const life = { isOver: false };
  const task$ = new Subject<Task<Run>>();
  const clock = { atLook: noop };
  const drain = {
    isActive: false,
    change: (work: () => void) => {
      clock.atLook();
      work();
    },
  };
  const emissions = new Emissions<Run>({
    run,
    plan,
    ledger,
    routines: new RoutineTable(ledger),
    engine: { drain, task$, time: { tick: 5 } },
    limits,
    life,
  });
  const out: (Emission<Run> | Task<Run>)[] = [];
  const event = eventIn(plan, 's');
  (event.emission$ as Subject<Emission<Run>>).subscribe((emission) => out.push(emission));
  task$.subscribe((task) => out.push(task));
  const end = (): void => {
    life.isOver = true;
  };
  return { emissions, ledger, clock, drain, out, event, slot: slotIn(plan, 't', 'i'), end };
};

/** Data that calls back when it is read. */
const asking = (ask: () => void): Data => ({
  get n() {
    ask();
    return 1;
  },
});

describe('Emissions', () => {
  it.each([true, false])(
    'should number what the job emits, write it down, and hand it to its event; drain at work: %s',
    (isActive) => {
      const { emissions, ledger, drain, out, event } = bench();
      drain.isActive = isActive;
      emissions.emit(event, { n: 1 });
      emissions.emit(event, { n: 2 });
      expect(out).toMatchObject([
        { run: RUN, order: 1, tick: 5, data: { n: 1 } },
        { run: RUN, order: 2, tick: 5, data: { n: 2 } },
      ]);
      expect(ledger.types).toEqual(['routineSeen', 'emitted', 'emitted']);
      expect(ledger.data.routines.get('s')?.emitted).toEqual([2]);
      expect(emissions.order).toBe(3);
    },
  );

  it('should bring a payload from outside as a task of the slot that passes the limits', () => {
    const { emissions, out, slot } = bench();
    emissions.bring(slot, { n: 1 });
    expect(out).toMatchObject([{ order: 1, connection: slot.direct[0], origin: { data: { n: 1 }, isLimited: true } }]);
  });

  describe('in a job that user code ends meanwhile (D31)', () => {
    it('should emit nothing if the clock has ended it', () => {
      const { emissions, ledger, clock, out, event, end } = bench();
      clock.atLook = end;
      emissions.emit(event, {});
      expect([out, ledger.told, emissions.order]).toEqual([[], [], 1]);
    });

    it.each(['clock', 'payload'])('should emit nothing of a stream, and count nothing, if the %s has ended it', (which) => {
      const { emissions, clock, out, event, end } = bench();
      let given = 0;
      if (which === 'clock') clock.atLook = end;
      emissions.give(event, which === 'clock' ? {} : asking(end), () => given++);
      expect([out, given, emissions.order]).toEqual([[], 0, 1]);
    });

    it.each(['clock', 'payload'])('should bring nothing if the %s has ended it', (which) => {
      const { emissions, clock, out, slot, end } = bench();
      if (which === 'clock') clock.atLook = end;
      emissions.bring(slot, which === 'clock' ? {} : asking(end));
      expect([out, emissions.order]).toEqual([[], 1]);
    });
  });

  describe('while the job is paused', () => {
    const paused = (pausedLimit: number) => {
      const made = bench({ pausedLimit }, undefined, SHUT);
      fold.statusSet(made.ledger.data, 'paused', 0);
      return made;
    };

    it.each([false, true])(
      'should keep what comes up to a bound, and refuse more (PAUSED_FULL); drain at work: %s',
      (isActive) => {
        const { emissions, drain, out, event, slot } = paused(2);
        // Another job of the flow may have its turn, and its handler hold a context of this one.
        drain.isActive = isActive;
        emissions.emit(event, {});
        emissions.bring(slot, {});
        expect(ours(thrown(() => emissions.emit(event, {})))).toMatchObject({ code: 'PAUSED_FULL', details: { limit: 2 } });
        expect(ours(thrown(() => emissions.bring(slot, {})))).toMatchObject({ code: 'PAUSED_FULL' });
        expect(out).toHaveLength(2);
      },
    );

    it('should have room again when a task was dropped, and in the next pause', () => {
      const { emissions, out, event } = paused(1);
      emissions.emit(event, {});
      emissions.dropped();
      emissions.emit(event, {});
      expect(thrown(() => emissions.emit(event, {}))).toMatchObject({ code: 'PAUSED_FULL' });
      emissions.stand();
      emissions.emit(event, {});
      expect(out).toHaveLength(3);
    });

    it('should take nothing off for a task that is dropped while the job runs', () => {
      const { emissions, ledger, event } = paused(1);
      emissions.emit(event, {});
      fold.statusSet(ledger.data, 'running', 0);
      emissions.dropped();
      fold.statusSet(ledger.data, 'paused', 0);
      expect(thrown(() => emissions.emit(event, {}))).toMatchObject({ code: 'PAUSED_FULL' });
    });
  });

  describe('what is deferred', () => {
    it('should be emitted in order, with one record at the end of all', () => {
      const { emissions, ledger, out } = bench();
      emissions.defer('s', 'o', { n: 1 });
      emissions.defer('s', 'o', { n: 2 });
      expect(ledger.data.deferred).toHaveLength(2);
      emissions.emitDeferred();
      expect(out).toMatchObject([{ data: { n: 1 } }, { data: { n: 2 } }]);
      expect(ledger.data.deferred).toEqual([]);
      expect(ledger.types).toEqual(['deferred', 'deferred', 'routineSeen', 'emitted', 'emitted', 'deferredEmitted']);
      expect(ledger.told.at(-1)).toMatchObject({ count: 2 });
    });

    it('should be left out with a warning if the flow has no such event any more', () => {
      const { emissions, ledger, out } = bench();
      emissions.defer('gone', 'o', {});
      emissions.defer('s', 'p', {});
      emissions.emitDeferred();
      expect(out).toEqual([]);
      expect(ledger.types).toEqual(['deferred', 'deferred', 'warning', 'warning', 'deferredEmitted']);
    });
  });

  describe('of a stream', () => {
    it('should count in the step in which they come out: user code that is asked before sees neither (D8, D31)', () => {
      const { emissions, clock, out, event } = bench();
      let given = 0;
      const seen: number[][] = [];
      clock.atLook = () => seen.push([given, out.length]);
      const payload = asking(() => seen.push([given, out.length]));
      emissions.give(event, payload, () => {
        expect(out).toHaveLength(given++);
      });
      expect([given, out.length, seen.flat().every((count) => count === 0)]).toEqual([1, 1, true]);
    });

    it('should ask the limits before anything is emitted, and name the place', () => {
      const asked: unknown[] = [];
      const check: NonNullable<EmittingJob<Run>['limits']>['check'] = (call, connections) => {
        asked.push(call(), connections);
        throw new Error('full');
      };
      const { emissions, out, event, slot } = bench({}, { check });
      expect(thrown(() => emissions.give(event, {}, noop))).toEqual(new Error('full'));
      expect(thrown(() => emissions.bring(slot, {}))).toEqual(new Error('full'));
      expect(asked).toEqual(["Event 'o' of routine 's'", event.connections, "Input of slot 'i' of routine 't'", slot.direct]);
      expect(out).toEqual([]);
    });

    it("should refuse what cannot be written down with emitMode 'commit', and only then", () => {
      const bad = { call: noop };
      const { emissions, out, event } = bench({ emitMode: 'commit' });
      expect(ours(thrown(() => emissions.give(event, bad, noop)))).toMatchObject({ code: 'NOT_SERIALISABLE' });
      expect(out).toEqual([]);
      const other = bench();
      other.emissions.give(other.event, bad, noop);
      expect(other.out).toHaveLength(1);
    });
  });
});
