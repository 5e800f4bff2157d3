import { type Place, readingsOf } from '../flow/placeIn.js';
import type { Routine } from '../plan/Plan.js';
import { type Job, behind } from '../Job.js';
import { testingError } from './TestingError.js';

/**
 * Refuses lines about what none of the jobs has: that nothing happens there would always hold.
 *
 * @throws TestingError `UNKNOWN_PLACE`
 */
export const checkPlaces = (lines: readonly string[], jobs: readonly Job[]): void => {
  const flows = jobs.map((job) => behind(job).plan.routines);
  for (const line of lines) {
    const [kind = '', ...rest] = line.split(' ');
    const subject = rest.join(' ');
    if (subject === '' || flows.length === 0 || flows.some((routines) => hasPlace(routines, kind, subject))) continue;
    throw testingError('UNKNOWN_PLACE', { line, known: [...new Set(flows.flatMap((routines) => placesOf(routines, kind)))] });
  }
};

const hasPlace = (routines: ReadonlyMap<string, Routine>, kind: string, subject: string): boolean => {
  const holds = ({ routineId, name }: Place): boolean => {
    const routine = routines.get(routineId);
    return routine !== undefined && (kind === 'outputs' || partsOf(routine, kind).has(name));
  };
  return routines.has(subject) || readingsOf(subject).some(holds);
};

const partsOf = ({ slots, events }: Routine, kind: string): ReadonlyMap<string, unknown> => (kind === 'emits' ? events : slots);

const placesOf = (routines: ReadonlyMap<string, Routine>, kind: string): readonly string[] =>
  kind === 'outputs'
    ? [...routines.keys()]
    : [...routines.values()].flatMap((routine) => [...partsOf(routine, kind).keys()].map((part) => `${routine.id}.${part}`));
