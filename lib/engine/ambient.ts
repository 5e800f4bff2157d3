import type { Observer, Subscriber } from 'rxjs';
import { createAsyncContext } from '#async-context';
import type { HandlerContext } from './HandlerContext.js';

/**
 * The attempt at work here. If the platform carries a value across an `await` (Node), that value tells;
 * otherwise, and with `asyncContext: 'off'`, only the synchronous part of a handler knows.
 */
let synchronous: HandlerContext | undefined;
const carried = createAsyncContext<HandlerContext | undefined>();

export const platformCarriesContext = carried !== undefined;

/** Keeps warm what carries an attempt; made when the first job needs it, since from then on every promise costs more. */
let warm: unknown;
export const keepCarriedWarm = (): void => {
  warm ??= carried?.keepWarm();
};

export const currentAttempt = (): HandlerContext | undefined => synchronous ?? carried?.get();

type Invoke<A> = (attempt: HandlerContext, input: A) => unknown;

const runSynchronously = <A>(attempt: HandlerContext, invoke: Invoke<A>, input: A): unknown => {
  const outer = synchronous;
  synchronous = attempt;
  try {
    return invoke(attempt, input);
  } finally {
    synchronous = outer;
  }
};

/** Calls a handler so that `currentAttempt` gives its attempt inside. */
export const runAs = <A>(attempt: HandlerContext, carry: boolean, invoke: Invoke<A>, input: A): unknown =>
  carry && carried !== undefined ? carried.run(attempt, invoke, attempt, input) : runSynchronously(attempt, invoke, input);

/** Calls back in the context of an attempt. */
export const runIn = <T>(attempt: HandlerContext, work: () => T): T =>
  runAs(attempt, attempt.run.parts.plan.carries, call, work) as T;

const call = <T>(_: unknown, work: () => T): T => work();

/**
 * An observer that hears in the context of the handler at work here: what is told to whoever owns a run is part of the handler that owns
 * it, so the run that follows is its child as well.
 */
export const inContext = <T>(observer: Subscriber<T>): Partial<Observer<T>> => {
  const attempt = currentAttempt();
  if (attempt === undefined) return observer;
  return {
    next: (value) => {
      runIn(attempt, () => {
        observer.next(value);
      });
    },
    error: (error) => {
      runIn(attempt, () => {
        observer.error(error);
      });
    },
    complete: () => {
      runIn(attempt, () => {
        observer.complete();
      });
    },
  };
};

/** Calls back outside every handler: watchers are told in nobody's context, and a promise keeps the context in which it is made. */
export const runOutside = <A, R>(work: (a: A) => R, a: A): R => {
  if (currentAttempt() === undefined) return work(a);
  const outer = synchronous;
  synchronous = undefined;
  try {
    return carried === undefined ? work(a) : carried.run(undefined, work, a, undefined);
  } finally {
    synchronous = outer;
  }
};
