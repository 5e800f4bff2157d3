import type { Routine } from '../Routine.js';
import type { Context } from './Context.js';
import type { Data } from './Data.js';
import type { RoutineTypes } from './RoutineTypes.js';

/**
 * What a slot does with its input. A promise, an observable or an async iterable that it returns is awaited and holds
 * its worker; anything else that it returns is ignored.
 */
export type Handler<A extends object = Data, T extends RoutineTypes = RoutineTypes> = (
  this: Routine,
  data: A,
  ctx: Context<T>,
) => unknown;
