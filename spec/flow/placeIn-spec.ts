import { eventIn, slotIn } from '../../lib/flow/placeIn.js';
import { Routine } from '../../lib/index.js';
import { ours, thrown } from '../support/thrown.js';

const part = new Routine();
const [event, slot] = [part.defineEvent('o'), part.defineSlot('i')];
const parts = {
  flowId: 'f',
  byId: new Map([
    ['a', new Routine()],
    ['a.b', part],
  ]),
  routineOf: (routine: Routine) => routine,
};

describe('the place of an event and of a slot', () => {
  it('should be named by the id, which may have dots, and the name', () => {
    expect([eventIn(parts, 'a.b.o'), slotIn(parts, 'a.b.i')]).toEqual([
      { routineId: 'a.b', name: 'o' },
      { routineId: 'a.b', name: 'i' },
    ]);
  });

  it('should be found for the event or slot itself', () => {
    expect([eventIn(parts, event), slotIn(parts, slot)]).toEqual([
      { routineId: 'a.b', name: 'o' },
      { routineId: 'a.b', name: 'i' },
    ]);
  });

  it.each<[string, () => unknown, string, object]>([
    ['an id', () => eventIn(parts, 'x.o'), 'UNKNOWN_ROUTINE', { flowId: 'f', routineId: 'x', known: ['a', 'a.b'] }],
    ['an event', () => eventIn(parts, 'a.b.x'), 'UNKNOWN_EVENT', { routineId: 'a.b', event: 'x', known: ['o'] }],
    ['a slot', () => slotIn(parts, 'a.b.x'), 'UNKNOWN_SLOT', { routineId: 'a.b', slot: 'x', known: ['i'] }],
    ['a part that is none', () => slotIn(parts, 7 as never), 'BAD_OPTION', { option: 'slot', value: 7 }],
  ])('should be refused where %s is unknown, with what there is', (_, call, code, details) => {
    expect(ours(thrown(call))).toMatchObject({ code, details });
  });
});
