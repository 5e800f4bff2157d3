import { Subject } from 'rxjs';
import type { Run } from '../../lib/engine/JobParts.js';
import type { Task } from '../../lib/engine/Task.js';
import { taskMakersIn } from '../../lib/engine/takeUp.js';
import type { Connection, Data } from '../../lib/index.js';
import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import { JobData } from '../../lib/job/JobData.js';
import type { RemainingWork, RemainingTask } from '../../lib/job/RemainingWork.js';
import { compilePlan } from '../../lib/plan/compile.js';
import type { Plan } from '../../lib/plan/Plan.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

const NOTHING = { slots: { i: () => undefined, j: () => undefined } };

/** `s.o` goes to `t.i` twice, renamed in two ways, then to `t.j`. */
const plan = (): Plan => {
  const flow = flowOf({ s: { slots: { trigger: () => undefined } }, t: NOTHING, alone: NOTHING }, [], { flowId: 'f' });
  flow.connect('s', 'o', 't', 'i', { v: 'first' });
  flow.connect('s', 'o', 't', 'j', { v: 'other' });
  flow.connect('s', 'o', 't', 'i', { v: 'second' });
  return compilePlan(settingsFrom({ flowId: 'f' }), flow, { emission$: () => new Subject(), keepsStreams: () => false });
};

const LINK: Connection = { sourceId: 's', sourceEvent: 'o', targetId: 't', targetSlot: 'i', mapping: undefined };

const FIRST: Connection = { ...LINK, mapping: { v: 'first' } };
const SECOND: Connection = { ...LINK, mapping: { v: 'second' } };

const task = (part: Partial<RemainingTask>): RemainingTask => ({
  order: 3,
  place: 1,
  routineId: 't',
  slot: 'i',
  data: { v: 1 },
  merged: false,
  attempt: 1,
  dueAt: undefined,
  connection: undefined,
  route: undefined,
  ...part,
});

const rest = (...tasks: RemainingTask[]): RemainingWork => ({
  structure: '',
  limit: { maxQueued: Infinity, overflow: 'block' },
  entryRoutineId: 's',
  begun: true,
  cap: 1,
  timeoutMs: 1,
  leftMs: 1,
  order: 4,
  tasks,
});

const jobAt = (currentRoutineId?: string): JobData => Object.assign(new JobData('job', 'f', 0, 0), { currentRoutineId });

const same = (id: string): string => id;

/** The job that takes the tasks up; they only hold it. */
const run = {} as Run;

const placeOf = (part: Partial<RemainingTask>, rename = same): Task<Run> => {
  const [place] = taskMakersIn(plan(), jobAt(), rest(task(part)), rename);
  if (place === undefined) throw new Error('no place');
  return place(run);
};

/** What the handler of the task would get. */
const arriving = ({ connection, origin }: Task<Run>): Data =>
  connection.map === undefined ? origin.data : connection.map(origin.data);

describe('taskMakersIn', () => {
  it.each<[string, Partial<RemainingTask>, Data]>([
    ['the very connection that it came over', { connection: FIRST, route: 0 }, { first: 1 }],
    ['also the other one between the same ends', { connection: SECOND, route: 2 }, { second: 1 }],
    ['the one with its mapping, where it does not say which', { connection: SECOND }, { second: 1 }],
    ['the one with its mapping, where another stands in its place', { connection: SECOND, route: 0 }, { second: 1 }],
    ['the one with its mapping, where its place is of another slot', { connection: SECOND, route: 1 }, { second: 1 }],
    ['the one with its mapping, where there is no such place', { connection: FIRST, route: 99 }, { first: 1 }],
    ['its own renames, where no connection has them', { connection: { ...LINK, mapping: { v: 'own' } }, route: 0 }, { own: 1 }],
    ['its own renames, where the event is gone', { connection: { ...FIRST, sourceEvent: 'gone' }, route: 0 }, { first: 1 }],
    ['the slot itself, where no connection is without a mapping', { connection: LINK, route: 0 }, { v: 1 }],
    ['the slot itself, where it came over none', {}, { v: 1 }],
    ['the slot itself, where the event is gone', { connection: { ...LINK, sourceEvent: 'gone' }, route: 0 }, { v: 1 }],
    ['the slot itself, where the source is gone', { connection: { ...LINK, sourceId: 'gone' }, route: 0 }, { v: 1 }],
    ['the slot itself, where the event goes elsewhere', { connection: LINK, route: 0, routineId: 'alone' }, { v: 1 }],
  ])('should give a task %s (S85)', (_, part, got) => {
    const place = placeOf(part);
    expect(place.connection.slot).toMatchObject({ name: 'i', routine: { id: part.routineId ?? 't' } });
    expect(arriving(place)).toEqual(got);
  });

  it('should keep the number, the place and the attempts of a task (S84)', () => {
    expect(placeOf({ order: 7, place: 2, attempt: 3 }).origin).toMatchObject({ order: 7, place: 2, tried: 2, data: { v: 1 } });
  });

  it.each([
    [true, { v: 1 }],
    [false, undefined],
  ])('should know what has been merged (%s), so that it is not merged again (D24)', (merged, input) => {
    expect(placeOf({ merged }).origin.input).toEqual(input);
  });

  it('should look both ends up under their new names', () => {
    const rename = (id: string): string => ({ source: 's', target: 't' })[id] ?? id;
    const connection = { ...SECOND, sourceId: 'source', targetId: 'target' };
    const place = placeOf({ routineId: 'target', connection, route: 2 }, rename);
    expect(place.connection.slot.routine.id).toBe('t');
    expect(arriving(place)).toEqual({ second: 1 });
  });

  it('should keep the order of the tasks, and make nothing of none', () => {
    const tasks = [5, 3, 9].map((order) => task({ order }));
    expect(taskMakersIn(plan(), jobAt('t'), rest(...tasks), same).map((place) => place(run).origin.order)).toEqual([5, 3, 9]);
    expect(taskMakersIn(plan(), jobAt(), rest(), same)).toEqual([]);
  });

  it.each<[string, Partial<RemainingTask>, string, object]>([
    ['routine', { routineId: 'gone' }, 'UNKNOWN_ROUTINE', { flowId: 'f', routineId: 'gone', known: ['s', 't', 'alone'] }],
    ['slot', { slot: 'gone' }, 'UNKNOWN_SLOT', { routineId: 't', slot: 'gone', known: ['i', 'j'] }],
    [
      'slot that is in every object',
      { slot: 'constructor' },
      'UNKNOWN_SLOT',
      { routineId: 't', slot: 'constructor', known: ['i', 'j'] },
    ],
    [
      'routine that is in every object',
      { routineId: '__proto__' },
      'UNKNOWN_ROUTINE',
      { flowId: 'f', routineId: '__proto__', known: ['s', 't', 'alone'] },
    ],
  ])('should refuse an unknown %s, naming it', (_, part, code, details) => {
    expect(ours(thrown(() => placeOf(part)))).toMatchObject({ code, details });
  });

  it('should refuse a current routine that is unknown, under its new name (G69, SC084)', () => {
    const refused = thrown(() => taskMakersIn(plan(), jobAt('t'), rest(), () => 'gone'));
    expect(ours(refused)).toMatchObject({ code: 'UNKNOWN_ROUTINE', details: { routineId: 'gone' } });
    expect(taskMakersIn(plan(), jobAt('old'), rest(), () => 't')).toEqual([]);
  });
});
