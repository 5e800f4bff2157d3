import { createAsyncContext } from '#async-context';
import type { Attempt } from './Attempt.js';

/**
 * Which attempt is at work here. Where the platform carries a value across an `await` (Node), that value tells;
 * elsewhere, and with `asyncContext: 'off'`, only the synchronous part of a handler knows.
 */
let synchronous: Attempt | undefined;
const carried = createAsyncContext<Attempt>();

export const platformCarriesContext = carried !== undefined;

/** The specimens of what carries an attempt; made when the first job needs them, since from then on every promise costs more. */
let specimens: unknown;
export const poseCarried = (): void => {
  specimens ??= carried?.pose();
};

export const currentAttempt = (): Attempt | undefined => synchronous ?? carried?.get();

type Invoke<A> = (attempt: Attempt, input: A) => unknown;

const runSynchronously = <A>(attempt: Attempt, invoke: Invoke<A>, input: A): unknown => {
  const outer = synchronous;
  synchronous = attempt;
  try {
    return invoke(attempt, input);
  } finally {
    synchronous = outer;
  }
};

/** Calls a handler so that `currentAttempt` gives its attempt inside. */
export const runAs = <A>(attempt: Attempt, carry: boolean, invoke: Invoke<A>, input: A): unknown =>
  carry && carried !== undefined ? carried.run(attempt, invoke, attempt, input) : runSynchronously(attempt, invoke, input);
