import { type Borrowing, Borrowers, type Lender, lenderOf, type Started } from '../../lib/engine/Borrowers.js';

interface Attempt {
  readonly name: string;
  readonly run: Started<Attempt>;
}

/** A job of a flow, which an attempt has started. */
const started = (engine: object, parent?: Attempt): Started<Attempt> => ({ parent, parts: { engine } });

const [here, elsewhere] = [{}, {}];

describe('lenderOf (D16)', () => {
  it('should be nobody for a job that no handler has started (never)', () => {
    expect(lenderOf(started(here))).toBeUndefined();
  });

  it('should be the handler of this flow that has led to the job, over jobs of other flows', () => {
    const far: Attempt = { name: 'far', run: started(here) };
    const near: Attempt = { name: 'near', run: started(here, far) };
    const between: Attempt = { name: 'between', run: started(elsewhere, near) };
    expect(lenderOf(started(here, between))?.name).toBe('near');
    expect(lenderOf(started(elsewhere, between))?.name).toBe('between');
    expect(lenderOf(started({}, between))).toBeUndefined();
  });
});

const lending = () => ({ isAtWork: true, seat: {} as object | undefined, lent: false });

const waiting = (place: number, lender: Lender): Borrowing<string> => ({ run: `job ${place}`, place, lender });

describe('Borrowers (D16)', () => {
  it('should be empty at first (never)', () => {
    expect(new Borrowers().first).toBeUndefined();
  });

  it('should keep no job of a handler that is at work no more', () => {
    const borrowers = new Borrowers<string>();
    borrowers.add(waiting(0, { ...lending(), isAtWork: false }));
    expect([borrowers.first, borrowers.remove('job 0')]).toEqual([undefined, undefined]);
  });

  it('should keep a job of a handler that holds no worker yet, and give it once that does', () => {
    const borrowers = new Borrowers<string>();
    const lender = { ...lending(), seat: undefined as object | undefined };
    borrowers.add(waiting(0, lender));
    expect(borrowers.first).toBeUndefined();
    lender.seat = {};
    expect(borrowers.first).toBe('job 0');
  });

  it('should give each in its order, and then nobody (many)', () => {
    const borrowers = new Borrowers<string>();
    const lender = lending();
    const all = [4, 5, 7].map((place) => waiting(place, lender));
    for (const borrowing of all) borrowers.add(borrowing);
    for (const borrowing of all) {
      expect(borrowers.first).toBe(borrowing.run);
      expect(borrowers.remove(borrowing.run)).toBe(borrowing);
    }
    expect([borrowers.first, borrowers.remove('job 4')]).toEqual([undefined, undefined]);
  });
});
