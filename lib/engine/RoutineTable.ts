import type { Ledger } from '../job/Ledger.js';
import { routineMet } from '../job/noteRoutine.js';
import { RoutineData } from '../job/RoutineData.js';
import type { Routine } from '../plan/Plan.js';

/** What one job knows of its routines, by their places in the plan. */
export class RoutineTable {
  readonly #routines: (RoutineData | undefined)[] = [];

  constructor(private readonly ledger: Ledger) {}

  /** What the job knows of a routine; made when the routine first does something. */
  of(routine: Routine): RoutineData {
    return this.#routines[routine.index] ?? this.#meet(routine);
  }

  #meet(routine: Routine): RoutineData {
    return (this.#routines[routine.index] = this.ledger.data.routines.get(routine.id) ?? this.#new(routine));
  }

  #new({ id, slotNames, eventNames }: Routine): RoutineData {
    const routineData = new RoutineData(id, slotNames, eventNames);
    routineMet(this.ledger, routineData);
    return routineData;
  }
}
