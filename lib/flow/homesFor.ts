import { checkOption } from './checkOption.js';
import type { DescribedRoutine } from './DescribedRoutine.js';
import { flowError } from './FlowError.js';
import { type Home, homesOf, nameOf } from './Home.js';

/** A flow, as far as a routine asks whether it is in it. */
interface OneHome extends Home {
  readonly routines: ReadonlyMap<string, unknown>;
}

/**
 * The flows to which a routine emits outside any job: each that it is in, or only one.
 *
 * @throws FlowError `BAD_OPTION`, `UNKNOWN_ROUTINE`, and `NO_CONTEXT` if a handler of it may be at work that cannot be found
 */
export const homesFor = (routine: DescribedRoutine, event: string, only: OneHome | undefined): readonly Home[] => {
  checkOption('flow', only, only === undefined || (only as OneHome | null)?.routines instanceof Map, 'a Flow');
  const known = homesOf(routine);
  if (only !== undefined && !known.has(only)) refuseHome(routine, only);
  const homes = only === undefined ? [...known] : [only];
  if (homes.some((home) => !home.carriesContext && home.jobsUsing(routine).length > 0))
    throw flowError('NO_CONTEXT', {
      call: `emit('${event}')`,
      instead: 'use ctx.emit, which the handler gets as its second argument',
    });
  return homes;
};

const refuseHome = (routine: DescribedRoutine, { flowId, routines }: OneHome): never => {
  throw flowError('UNKNOWN_ROUTINE', { flowId, routineId: routine.id, routine: nameOf(routine), known: [...routines.keys()] });
};
