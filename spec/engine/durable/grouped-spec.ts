import { of, Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { delay, map } from 'rxjs';
import { grouped } from '../../../lib/engine/durable/grouped.js';

describe('grouped', () => {
  const scheduler = (): TestScheduler =>
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    });

  it('should handle what comes while the group before is at work in one group, each once, and never two groups at a time', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const item$ = cold('-a-bcb----d----|');
      const result$ = item$.pipe(grouped((group) => of([...group].join('')).pipe(delay(4))));
      expectObservable(result$).toBe('-----a---x----d|', { a: 'a', x: 'bc', d: 'd' });
    });
  });

  it('should take an item again that comes while its group is at work', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const result$ = cold('a-a--|').pipe(grouped((group) => of([...group].join('')).pipe(delay(3))));
      expectObservable(result$).toBe('---a--(a|)');
    });
  });

  it('should be its own for each subscriber', () => {
    const item$ = new Subject<string>();
    const seen: string[] = [];
    const group$ = item$.pipe(grouped((group) => of([...group].join('')).pipe(map((text) => text))));
    group$.subscribe((text) => seen.push(`1${text}`));
    group$.subscribe((text) => seen.push(`2${text}`));
    item$.next('a');
    expect(seen).toEqual(['1a', '2a']);
  });
});
