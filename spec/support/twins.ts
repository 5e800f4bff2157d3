import fc from 'fast-check';
import type { Observable, Subscription } from 'rxjs';

/** What happens to a stream: a value comes, somebody subscribes, or whoever came first of those that are there leaves. */
export type Act<T> = { readonly next: T } | 'subscribe' | 'unsubscribe';

/** Random acts, most of them values. */
export const acts = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<readonly Act<T>[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ next: value }, { noNullPrototype: true }) },
      { weight: 2, arbitrary: fc.constant<'subscribe'>('subscribe') },
      { weight: 1, arbitrary: fc.constant<'unsubscribe'>('unsubscribe') },
    ),
    { maxLength: 60, size: 'max' },
  );

/** What one subscriber is told: in which act, and what. */
export type Told<T> = readonly [act: number, subscriber: number, value: T];

/** Plays acts, and gives what the subscribers of a stream are told. A hand-tuned operator and its plain twin have to tell the same. */
export const play = <I, O>(all: readonly Act<I>[], next: (value: I) => void, told$: Observable<O>): readonly Told<O>[] => {
  const told: Told<O>[] = [];
  const subscribers: Subscription[] = [];
  let count = 0;
  for (const [at, act] of all.entries()) {
    if (act === 'unsubscribe') subscribers.shift()?.unsubscribe();
    else if (act === 'subscribe') {
      const id = count++;
      subscribers.push(told$.subscribe((value) => told.push([at, id, value])));
    } else next(act.next);
  }
  return told;
};
