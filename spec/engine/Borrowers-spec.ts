import { type Borrower, Borrowers, lenderOf, type Started } from '../../lib/engine/Borrowers.js';

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

const waiting = (place: number, lender: Borrower['lender']): Borrower => ({ place, lender, line: undefined });

describe('Borrowers (D16)', () => {
  it('should be empty at first (never)', () => {
    expect(new Borrowers().first).toBeUndefined();
  });

  it.each([
    ['nobody has led to', undefined],
    ['somebody has led to whose handler has ended', { ...lending(), isAtWork: false }],
  ])('should keep no job that %s', (_, lender) => {
    const borrowers = new Borrowers();
    const run = waiting(0, lender);
    borrowers.add(run);
    borrowers.remove(run);
    expect([run.line, borrowers.first]).toEqual([undefined, undefined]);
  });

  it('should keep a job of a handler that holds no worker yet, and give it once that does', () => {
    const borrowers = new Borrowers();
    const lender = { ...lending(), seat: undefined as object | undefined };
    const run = waiting(0, lender);
    borrowers.add(run);
    expect(borrowers.first).toBeUndefined();
    lender.seat = {};
    expect(borrowers.first).toBe(run);
  });

  it('should forget whom a job waited for when the last of his has gone: it keeps nobody in memory', () => {
    const borrowers = new Borrowers();
    const lender = lending();
    const [one, two] = [waiting(0, lender), waiting(1, lender)];
    for (const run of [one, two]) borrowers.add(run);
    const { line } = one;
    expect(two.line).toBe(line);
    for (const run of [one, two]) borrowers.remove(run);
    borrowers.add(one);
    expect(one.line).not.toBe(line);
  });
});
