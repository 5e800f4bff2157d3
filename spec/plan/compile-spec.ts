import { Subject } from 'rxjs';
import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import type { Flow } from '../../lib/index.js';
import { compilePlan, type CompileWith } from '../../lib/plan/compile.js';
import type { AnyEvent } from '../../lib/flow/Event.js';
import { describeEvent, eventFor, eventNamed } from '../../lib/plan/eventNamed.js';
import type { Event, Plan, Routine } from '../../lib/plan/Plan.js';
import { reachableFrom } from '../../lib/plan/reachableFrom.js';
import { emitting, flowOf } from '../support/flows.js';
import { thrown } from '../support/thrown.js';

const USING: CompileWith = { emission$: () => new Subject(), keepsStreams: () => false };
const SETTINGS = settingsFrom({ flowId: 'f' });

const one = { slots: { i: () => undefined, trigger: emitting({}) } };

const flowWith = (...links: readonly string[]): Flow => flowOf({ a: one, b: one, c: one, d: one }, links);
const planOf = (flow: Flow, using = USING): Plan => compilePlan(SETTINGS, flow, using);
const routineIn = (plan: Plan, id: string): Routine => plan.routines.get(id) as Routine;
const eventOf = (plan: Plan, id: string): Event => routineIn(plan, id).events.get('o') as Event;

describe('compilePlan', () => {
  it('should give each event a Subject of its own, made by whoever compiles', () => {
    const made: Subject<unknown>[] = [];
    const plan = planOf(flowWith(), {
      ...USING,
      emission$: () => {
        made.push(new Subject());
        return made.at(-1) as Subject<unknown>;
      },
    });
    expect([...plan.routines.values()].map(({ events }) => events.get('o')?.emission$)).toEqual(made);
    expect(new Set(made).size).toBe(4);
  });

  it('should subscribe to none of them', () => {
    const plan = planOf(flowWith('a.o -> b.i'));
    expect(eventOf(plan, 'a').emission$.observed).toBe(false);
  });

  it('should note which routines keep streams, and whether there is one', () => {
    const flow = flowWith();
    const plan = planOf(flow, { ...USING, keepsStreams: (part) => part === flow.routines.get('b') });
    expect([...plan.routines.values()].map(({ keepsStreams }) => keepsStreams)).toEqual([false, true, false, false]);
    expect(plan.keepsStreams).toBe(true);
    expect(planOf(flow).keepsStreams).toBe(false);
  });

  it('should number the connections of each event, in order, and lead each to its slot', () => {
    const flow = flowWith('a.o -> b.i', 'b.o -> c.i', 'a.o -> c.i');
    const plan = planOf(flow);
    const [first, second, third] = flow.connections;
    expect(eventOf(plan, 'a').connections.map(({ described, nth }) => [described, nth])).toEqual([
      [first, 0],
      [third, 1],
    ]);
    expect(eventOf(plan, 'b').connections.map(({ described, nth }) => [described, nth])).toEqual([[second, 0]]);
    expect(eventOf(plan, 'a').connections[1]?.slot).toBe(routineIn(plan, 'c').slots.get('i'));
  });

  it('should find a compiled routine by its id and by the routine of the user', () => {
    const flow = flowWith();
    const plan = planOf(flow);
    for (const [id, part] of flow.routines) {
      expect(plan.routineOf.get(part)).toBe(plan.routines.get(id));
      expect(plan.routines.get(id)?.described).toBe(part);
    }
  });

  it('should lead into a slot over no connection of the user', () => {
    const slot = routineIn(planOf(flowWith()), 'a').slots.get('i');
    expect(slot?.direct).toEqual([{ described: undefined, nth: undefined, slot, map: undefined, isStraight: true }]);
  });
});

describe('eventNamed', () => {
  it('should give the event of that name', () => {
    const plan = planOf(flowWith());
    expect(eventNamed(routineIn(plan, 'a'), 'o')).toBe(eventOf(plan, 'a'));
    expect(eventFor(routineIn(plan, 'a'), 'o')).toBe(eventOf(plan, 'a'));
    const described = routineIn(plan, 'a').described.events.get('o') as AnyEvent;
    expect(eventFor(routineIn(plan, 'a'), described)).toBe(eventOf(plan, 'a'));
  });

  it('should refuse a name that there is not, and tell those that there are', () => {
    const refused = { code: 'UNKNOWN_EVENT', details: { routineId: 'a', event: 'x', known: ['o'] } };
    const routine = routineIn(planOf(flowWith()), 'a');
    expect(thrown(() => eventNamed(routine, 'x'))).toMatchObject(refused);
    expect(thrown(() => eventFor(routine, 'x'))).toMatchObject(refused);
    const ofAnother = { routine: {}, name: 'x' } as unknown as AnyEvent;
    expect(thrown(() => eventFor(routine, ofAnother))).toMatchObject(refused);
  });

  it('should be told as an error tells it', () => {
    expect(describeEvent(eventOf(planOf(flowWith()), 'a'))).toBe("Event 'o' of routine 'a'");
  });
});

describe('reachableFrom', () => {
  const reached = (from: string, ...links: readonly string[]): readonly string[] =>
    [...reachableFrom(routineIn(planOf(flowWith(...links)), from))].map(({ id }) => id);

  it('should reach nothing without a connection', () => {
    expect(reached('a', 'b.o -> a.i')).toEqual([]);
  });

  it('should reach what is behind, nearest first, once', () => {
    expect(reached('a', 'a.o -> c.i', 'a.o -> b.i', 'c.o -> d.i', 'b.o -> d.i')).toEqual(['c', 'b', 'd']);
  });

  it('should reach a routine from itself only if it is in a cycle', () => {
    expect(reached('a', 'a.o -> b.i', 'b.o -> a.i')).toEqual(['b', 'a']);
    expect(reached('a', 'a.o -> b.i', 'b.o -> b.i')).toEqual(['b']);
  });
});
