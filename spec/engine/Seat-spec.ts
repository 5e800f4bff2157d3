import { concat, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { heldBy, Seat, type Seated, type SeatEvents, type Sitting } from '../../lib/engine/Seat.js';
import { unfinished } from '../../lib/engine/unfinished.js';

interface Held extends Seated<Held> {
  isAtWork: boolean;
}

/** A seat on its own, with what it tells; it is asked only whether its attempt is at work. */
const seat = (): { told: unknown[]; work: (result: unknown) => Held } => {
  const told: unknown[] = [];
  const events: SeatEvents<Held> = {
    value: (_, value) => told.push(value),
    finished: () => told.push('finished'),
    failed: (_, error) => told.push(['failed', error]),
    lending: () => undefined,
    within: (_, work) => work(),
    breathe: (goOn) => {
      goOn();
    },
    leave: (_, leave) => {
      leave();
    },
  };
  const work = (result: unknown): Held => {
    const attempt: Held = { isAtWork: true, seat: undefined, lent: false, run: { lastSeat: undefined } };
    const left = unfinished(result);
    if (left === undefined) throw new Error('nothing is left unfinished');
    new Seat({ out: undefined, left: () => undefined }, events).take(attempt, left);
    return attempt;
  };
  return { told, work };
};

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('Seat', () => {
  it('should tell of each value, then of the end', () => {
    const { told, work } = seat();
    work(of(1, 2));
    expect(told).toEqual([1, 2, 'finished']);
  });

  it('should tell of an empty stream only its end', () => {
    const { told, work } = seat();
    work(of());
    expect(told).toEqual(['finished']);
  });

  it('should tell of an error, and live on', () => {
    const { told, work } = seat();
    work(
      concat(
        of(1),
        throwError(() => new Error('bad')),
      ),
    );
    work(of(2));
    expect(told).toEqual([1, ['failed', new Error('bad')], 2, 'finished']);
  });

  it('should hold what never ends without a word', () => {
    const { told, work } = seat();
    work(NEVER);
    expect(told).toEqual([]);
  });

  it('should unsubscribe from a stream when its attempt is aborted, and hear no more of it', () => {
    const { told, work } = seat();
    const source$ = new Subject<number>();
    const attempt = work(source$);
    source$.next(1);
    attempt.seat?.vacate();
    source$.next(2);
    expect(source$.observed).toBe(false);
    expect(told).toEqual([1]);
  });

  it('should take a stream whose subscribing throws as a failure', () => {
    const { told, work } = seat();
    work(
      new Observable(() => {
        throw new Error('no');
      }),
    );
    expect(told).toEqual([['failed', new Error('no')]]);
  });

  it('should take what only claims to be a stream as a failure', async () => {
    const { told, work } = seat();
    work({ [Symbol.asyncIterator]: () => 5 });
    work({ '@@observable': () => 5 });
    await settled();
    expect(told).toEqual([
      ['failed', expect.any(TypeError)],
      ['failed', expect.any(TypeError)],
    ]);
  });

  it('should believe a thenable only once, whatever it answers (rule 10)', async () => {
    const { told, work } = seat();
    const twice = (resolve: (value: number) => void, reject: (error: unknown) => void): void => {
      resolve(1);
      resolve(2);
      reject('late');
      throw new Error('later still');
    };
    work({ then: twice });
    await settled();
    expect(told).toEqual(['finished']);
  });

  it('should take a thenable that throws when asked as a failure', async () => {
    const { told, work } = seat();
    work({
      then: () => {
        throw new Error('no then');
      },
    });
    await settled();
    expect(told).toEqual([['failed', new Error('no then')]]);
  });

  it('should not hear of a promise whose attempt has gone stale', async () => {
    const { told, work } = seat();
    Object.assign(work(Promise.resolve(1)), { isAtWork: false });
    Object.assign(work(Promise.reject(new Error('late'))), { isAtWork: false });
    await settled();
    expect(told).toEqual([]);
  });
});

describe('heldBy', () => {
  const LEAVE = { left: () => undefined, out: undefined };
  const events = {
    within: (_: Held, work: () => unknown) => work(),
    leave: () => undefined,
    lending: () => undefined,
  } as unknown as SeatEvents<Held>;

  /** A job with so many attempts, each of which a seat holds. */
  const job = (count: number): { run: Sitting<Held>; attempts: readonly Held[] } => {
    const run: Sitting<Held> = { lastSeat: undefined };
    const attempts = Array.from({ length: count }, (): Held => ({ isAtWork: true, seat: undefined, lent: false, run }));
    for (const attempt of attempts)
      new Seat(LEAVE, events).take(attempt, { kind: 'promise', work: new Promise(() => undefined) });
    return { run, attempts };
  };

  it.each([
    ['none of none', 0, []],
    ['the only one', 1, [0]],
    ['the first of three', 3, [0]],
    ['one in the middle', 3, [1]],
    ['the last', 3, [2]],
    ['all, oldest first', 3, [0, 1, 2]],
    ['all, newest first', 3, [2, 1, 0]],
    ['the ends', 4, [3, 0]],
  ])(
    'should give the attempts of a job that seats hold, oldest first, without those that have left: %s (D46)',
    (_, count, left) => {
      const { run, attempts } = job(count);
      for (const at of left) attempts[at]?.seat?.vacate();
      expect(heldBy(run)).toEqual(attempts.filter((__, at) => !left.includes(at)));
    },
  );

  it('should hold an attempt once that leaves something unfinished a second time, and a seat for one after the other', () => {
    const { run, attempts } = job(2);
    const [first, second] = attempts as [Held, Held];
    const { seat } = first;
    seat?.take(first, { kind: 'promise', work: new Promise(() => undefined) });
    expect(heldBy(run)).toEqual([first, second]);
    seat?.vacate();
    seat?.vacate();
    const third: Held = { isAtWork: true, seat: undefined, lent: false, run };
    seat?.take(third, { kind: 'promise', work: new Promise(() => undefined) });
    expect(heldBy(run)).toEqual([second, third]);
  });
});
