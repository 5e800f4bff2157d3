import { Effects, Emitting } from '../../lib/engine/Effects.js';
import type { Data } from '../../lib/index.js';
import { eventIn, compiled, slotIn } from '../support/ledgers.js';
import { flowOf } from '../support/flows.js';

const noop = (): void => undefined;
const plan = compiled(flowOf({ s: {}, t: { slots: { i: noop, j: noop } } }, ['s.o -> t.i', 's.o -> t.j']));
const { connections } = eventIn(plan, 's');

const adding =
  (key: string) =>
  (own: Data): Data => ({ ...own, [key]: 1 });

describe('Effects', () => {
  it('should keep changes in the order in which they were made, and count the deferred ones', () => {
    const effects = new Effects();
    effects.add({ type: 'deferred', routineId: 's', event: 'o', data: {} });
    effects.emit({ type: 'emitted', routineId: 's', event: 'o', data: {} }, connections);
    effects.add({ type: 'sharedSet', key: 'k', value: 1 });
    expect(effects.changes.map(({ type }) => type)).toEqual(['deferred', 'emitted', 'sharedSet']);
    expect([effects.deferring, effects.emitting.size]).toEqual([1, 2]);
  });

  it('should give no state if none was asked for, so that the routine keeps its own', () => {
    expect(new Effects().stateAfter(() => ({ a: 1 }))).toBeUndefined();
  });

  it('should ask each update with what the one before gave, from what the state is then', () => {
    const effects = new Effects();
    effects.update(adding('a'), { a: 1 });
    effects.update(adding('b'), { a: 1, b: 1 });
    expect(effects.own).toEqual({ a: 1, b: 1 });
    expect(effects.stateAfter(() => ({ c: 1 }))).toEqual({ a: 1, b: 1, c: 1 });
    expect(effects.stateAfter(() => undefined)).toEqual({ a: 1, b: 1 });
  });

  it('should ask all of them once more if an update has changed the state otherwise, and no more often (D31)', () => {
    const effects = new Effects();
    let [own, asked]: [Data, number] = [{ old: 1 }, 0];
    effects.update((before) => {
      own = { other: ++asked };
      return { ...before, a: 1 };
    }, {});
    expect(effects.stateAfter(() => own)).toEqual({ other: 1, a: 1 });
    expect(asked).toBe(2);
  });

  it('should be empty once all of it has been applied', () => {
    const effects = new Effects();
    effects.emit({ type: 'emitted', routineId: 's', event: 'o', data: {} }, connections);
    effects.add({ type: 'deferred', routineId: 's', event: 'o', data: {} });
    effects.update(adding('a'), { a: 1 });
    effects.shared.set('k', 1);
    effects.clear();
    expect([effects.changes, effects.own, effects.shared.size, effects.deferring, effects.emitting.size]).toEqual([
      [],
      undefined,
      0,
      0,
      0,
    ]);
    expect(effects.stateAfter(() => ({}))).toBeUndefined();
  });
});

describe('Emitting', () => {
  it('should know how many tasks are on their way, to each slot', () => {
    const emitting = new Emitting();
    emitting.add(connections);
    emitting.add(connections.slice(0, 1));
    expect([emitting.size, emitting.to(slotIn(plan, 't', 'i')), emitting.to(slotIn(plan, 't', 'j'))]).toEqual([3, 2, 1]);
    emitting.clear();
    expect([emitting.size, emitting.to(slotIn(plan, 't', 'i'))]).toEqual([0, 0]);
  });
});
