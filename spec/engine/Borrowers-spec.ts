import fc from 'fast-check';
import { Borrowers, lenderOf, type Started } from '../../lib/engine/Borrowers.js';

interface Attempt {
  readonly name: string;
  readonly run: Started<Attempt>;
  readonly isAtWork: boolean;
}

/** A job of a flow, which an attempt has started. */
const started = (engine: object, parent?: Attempt): Started<Attempt> => ({ parent, parts: { engine } });

const [here, elsewhere] = [{}, {}];

describe('lenderOf (D16)', () => {
  it('should be nobody for a job that no handler has started (never)', () => {
    expect(lenderOf(started(here))).toBeUndefined();
  });

  it('should be the handler of this flow that has led to the job, over jobs of other flows', () => {
    const far: Attempt = { name: 'far', run: started(here), isAtWork: true };
    const near: Attempt = { name: 'near', run: started(here, far), isAtWork: true };
    const between: Attempt = { name: 'between', run: started(elsewhere, near), isAtWork: true };
    expect(lenderOf(started(here, between))?.name).toBe('near');
    expect(lenderOf(started(elsewhere, between))?.name).toBe('between');
    expect(lenderOf(started({}, between))).toBeUndefined();
  });

  it('should be the one above a handler that has ended', () => {
    const far: Attempt = { name: 'far', run: started(here), isAtWork: true };
    const near: Attempt = { name: 'near', run: started(here, far), isAtWork: false };
    expect(lenderOf(started(here, near))?.name).toBe('far');
  });
});

const lending = () => ({ isAtWork: true, seat: {} as object | undefined, lent: false });

describe('Borrowers (D16)', () => {
  it('should be empty at first (never)', () => {
    const borrowers = new Borrowers<string>();
    expect([borrowers.first, borrowers.remove('job')]).toEqual([undefined, undefined]);
  });

  it('should give nobody whose handler has failed, and goes on', () => {
    const borrowers = new Borrowers<string>();
    const [failed, other] = [lending(), lending()];
    borrowers.add('a', 0, failed);
    borrowers.add('b', 1, other);
    failed.isAtWork = false;
    expect(borrowers.first).toBe('b');
  });

  it('should keep a job of a handler that holds no worker yet, and give it once that does', () => {
    const borrowers = new Borrowers<string>();
    const lender = { ...lending(), seat: undefined as object | undefined };
    borrowers.add('a', 0, lender);
    expect(borrowers.first).toBeUndefined();
    lender.seat = {};
    borrowers.changed(lender);
    expect(borrowers.first).toBe('a');
  });

  it('should give each in its order, and then nobody (many)', () => {
    const borrowers = new Borrowers<string>();
    const lender = lending();
    for (const place of [4, 5, 7]) borrowers.add(`job ${place}`, place, lender);
    for (const place of [4, 5, 7]) {
      expect([borrowers.first, borrowers.waitFor(lender)]).toEqual([`job ${place}`, true]);
      expect(borrowers.remove(`job ${place}`)).toBe(lender);
    }
    expect([borrowers.first, borrowers.remove('job 4'), borrowers.waitFor(lender)]).toEqual([undefined, undefined, false]);
  });

  it('should pass all on, in their order, whichever line is the longer', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 30 }), (lines) => {
        const borrowers = new Borrowers<number>();
        const lenders = [0, 1, 2, 3].map(lending);
        for (const [place, at] of lines.entries()) borrowers.add(place, place, lenders[at] as (typeof lenders)[0]);
        const [last, ...others] = lenders as [(typeof lenders)[0], ...typeof lenders];
        for (const from of others) if (borrowers.waitFor(from)) borrowers.passOn(from, last);
        for (const place of lines.keys()) expect([borrowers.first, borrowers.remove(place)]).toEqual([place, last]);
        expect([borrowers.first, lenders.some((lender) => borrowers.waitFor(lender))]).toEqual([undefined, false]);
      }),
    );
  });

  it('should forget those that are passed on to nobody', () => {
    const borrowers = new Borrowers<string>();
    const lender = lending();
    borrowers.add('a', 0, lender);
    borrowers.passOn(lender, undefined);
    expect([borrowers.first, borrowers.remove('a'), borrowers.waitFor(lender)]).toEqual([undefined, undefined, false]);
  });
});
