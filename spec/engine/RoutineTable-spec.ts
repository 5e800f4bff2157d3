import { RoutineTable } from '../../lib/engine/RoutineTable.js';
import * as fold from '../../lib/job/fold.js';
import { RoutineData } from '../../lib/job/RoutineData.js';
import { flowOf } from '../support/flows.js';
import { compiled, routineIn, ToldLedger } from '../support/ledgers.js';

const noop = (): void => undefined;
const plan = compiled(flowOf({ s: { slots: { trigger: noop, i: noop }, events: ['o', 'p'] }, t: { slots: { i: noop } } }));

describe('RoutineTable', () => {
  it('should meet a routine once, write it down with its slots and events, and tell that', () => {
    const ledger = new ToldLedger();
    const cells = new RoutineTable(ledger);
    const cell = cells.of(routineIn(plan, 's'));
    expect(cells.of(routineIn(plan, 's'))).toBe(cell);
    expect(ledger.data.routines.get('s')).toBe(cell);
    expect(ledger.told).toMatchObject([{ type: 'routineSeen', routineId: 's', slots: ['trigger', 'i'], events: ['o', 'p'] }]);
    expect(cells.of(routineIn(plan, 't'))).not.toBe(cell);
    expect(ledger.told).toHaveLength(2);
  });

  it('should go on with what the job knows of a routine from elsewhere, and tell nothing', () => {
    const ledger = new ToldLedger();
    const known = new RoutineData('t', ['i'], ['o']);
    fold.routineMet(ledger.data, known);
    expect(new RoutineTable(ledger).of(routineIn(plan, 't'))).toBe(known);
    expect(ledger.told).toEqual([]);
  });
});
