import { Observable, of, Subject, Subscriber } from 'rxjs';
import type { Hop } from '../../lib/engine/Hop.js';
import { Calling } from '../support/Calling.js';
import { thrown } from '../support/thrown.js';

const handing = (): { told: number[]; hop: Hop<number> } => {
  const told: number[] = [];
  return { told, hop: new Calling((value) => told.push(value)) };
};

describe('Hop', () => {
  it('should find a constructor of Subscriber to call, which RxJS 8 is to close', () => {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what this spec is about
    expect(new Subscriber()).toBeInstanceOf(Subscriber);
    expect(handing().hop).toBeInstanceOf(Subscriber);
  });

  it('should be what a source is subscribed with, without another Subscriber around it', () => {
    const { hop } = handing();
    let subscriber: unknown;
    new Observable<number>((given) => {
      subscriber = given;
    }).subscribe(hop);
    expect(subscriber).toBe(hop);
  });

  it.each([
    ['nothing', [], []],
    ['one value', [1], [1]],
    ['many values, in order', [1, 2, 3], [1, 2, 3]],
  ])('should hand on %s', (_, values, expected) => {
    const { told, hop } = handing();
    of(...values).subscribe(hop);
    expect(told).toEqual(expected);
  });

  it('should close at the end of its source (empty)', () => {
    const { hop } = handing();
    const source$ = new Subject<number>();
    source$.subscribe(hop);
    expect([hop.closed, source$.observed]).toEqual([false, true]);
    source$.complete();
    expect(hop.closed).toBe(true);
  });

  it('should throw an error of its source back at whoever tells it, since nobody else would hear of it (error)', () => {
    const source$ = new Subject<number>();
    source$.subscribe(handing().hop);
    const error = new Error('the streams of the engine never fail');
    expect(thrown(() => source$.error(error))).toBe(error);
  });

  it('should leave its source when it is unsubscribed, and hear no more of it (early unsubscribe)', () => {
    const { told, hop } = handing();
    const source$ = new Subject<number>();
    source$.subscribe(hop);
    source$.next(1);
    hop.unsubscribe();
    source$.next(2);
    expect([told, source$.observed]).toEqual([[1], false]);
  });

  it('should let what the next operator throws go up to whoever emits, and stay (a callback that throws)', () => {
    const source$ = new Subject<number>();
    const told: number[] = [];
    const next = (value: number): void => {
      if (value === 1) throw new Error('no');
      told.push(value);
    };
    source$.subscribe(new Calling(next));
    expect(() => source$.next(1)).toThrow('no');
    source$.next(2);
    expect(told).toEqual([2]);
  });

  it('should hand on what comes while it hands on (a value that is answered at once)', () => {
    const source$ = new Subject<number>();
    const told: number[] = [];
    const next = (value: number): void => {
      told.push(value);
      if (value < 3) source$.next(value + 1);
    };
    source$.subscribe(new Calling(next));
    source$.next(1);
    expect(told).toEqual([1, 2, 3]);
  });
});
