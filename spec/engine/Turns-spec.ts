import { Turns } from '../../lib/engine/Turns.js';
import { Job, jobs, type Lending, lending } from '../support/turning.js';

const ring = () => {
  const wake = jest.fn();
  return { wake, turns: new Turns<Job>(wake, ({ lender }) => lender) };
};

/** Whose turn it is, one after the other, until nothing may start; each starts one task at its turn. */
const order = (turns: Turns<Job>): string => {
  let names = '';
  for (let job = turns.first; job !== undefined; job = turns.first) {
    names += job.name;
    turns.take(job);
    job.left--;
    turns.done(job);
  }
  return names;
};

describe('Turns', () => {
  it('should be empty at first, and wake nobody (never)', () => {
    const { turns, wake } = ring();
    turns.wakeUp();
    expect([turns.isEmpty, turns.first, turns.firstOnLoan]).toEqual([true, undefined, undefined]);
    expect(wake).not.toHaveBeenCalled();
  });

  it('should not take in a job that has nothing to start (empty)', () => {
    const { turns, wake } = ring();
    const [job] = jobs(0) as [Job];
    turns.add(job);
    expect([turns.isEmpty, job.inRing]).toEqual([true, false]);
    expect(wake).not.toHaveBeenCalled();
  });

  it('should take in a job once, and ask for a drain (one)', () => {
    const { turns, wake } = ring();
    const [job] = jobs(3) as [Job];
    for (let n = 0; n < 3; n++) turns.add(job);
    expect([turns.isEmpty, job.inRing, turns.first]).toEqual([false, true, job]);
    expect(wake).toHaveBeenCalledTimes(1);
    turns.take(job);
    expect([turns.isEmpty, job.inRing]).toEqual([true, true]);
  });

  it('should keep the first in its place until it is taken (one)', () => {
    const { turns } = ring();
    const [a, b] = jobs(1, 1) as [Job, Job];
    for (const job of [a, b]) turns.add(job);
    expect([turns.first, turns.first]).toEqual([a, a]);
    turns.take(a);
    expect(turns.first).toBe(b);
  });

  it('should give one turn each, in the order in which they have come (many, D15)', () => {
    const { turns } = ring();
    for (const job of jobs(4, 1, 2)) turns.add(job);
    expect(order(turns)).toBe('abcacaa');
  });

  it('should let a job that becomes ready join the end (many, D15)', () => {
    const { turns } = ring();
    const [a, b, late] = jobs(3, 3, 2) as [Job, Job, Job];
    for (const job of [a, b]) turns.add(job);
    expect(turns.first).toBe(a);
    turns.take(a);
    a.left--;
    turns.add(late);
    turns.done(a);
    expect(order(turns)).toBe('bcabcab');
  });

  it('should not take in again a job that is at its turn, before it has had it', () => {
    const { turns } = ring();
    const [job] = jobs(2) as [Job];
    turns.add(job);
    turns.take(job);
    turns.add(job);
    expect(turns.isEmpty).toBe(true);
    turns.done(job);
    expect([turns.isEmpty, job.inRing]).toEqual([false, true]);
  });

  it('should let one go that has nothing left after its turn, and take it in when it has', () => {
    const { turns } = ring();
    const [job] = jobs(1) as [Job];
    turns.add(job);
    expect(order(turns)).toBe('a');
    expect([turns.isEmpty, job.inRing]).toEqual([true, false]);
    job.left = 2;
    turns.add(job);
    expect(order(turns)).toBe('aa');
  });

  it('should pass over a job that is ready no more, and take it in again when it is (early unsubscribe)', () => {
    const { turns } = ring();
    const [a, b] = jobs(1, 1) as [Job, Job];
    for (const job of [a, b]) turns.add(job);
    a.isOpen = false;
    expect([turns.first, a.inRing]).toEqual([b, false]);
    a.isOpen = true;
    turns.add(a);
    expect(order(turns)).toBe('ba');
  });

  it('should be empty when none of its jobs is ready any more (early unsubscribe)', () => {
    const { turns } = ring();
    const all = jobs(1, 1, 1);
    for (const job of all) turns.add(job);
    for (const job of all) job.left = 0;
    expect([turns.first, turns.isEmpty, all.map(({ inRing }) => inRing)]).toEqual([undefined, true, [false, false, false]]);
  });

  it('should never come to an end with a job that always has something to start (endless)', () => {
    const { turns } = ring();
    const [endless, short] = jobs(Infinity, 2) as [Job, Job];
    for (const job of [endless, short]) turns.add(job);
    let names = '';
    for (let n = 0; n < 7; n++) {
      const job = turns.first as Job;
      names += job.name;
      turns.take(job);
      job.left--;
      turns.done(job);
    }
    expect([names, turns.isEmpty]).toEqual(['ababaaa', false]);
  });

  const lend = (turns: Turns<Job>, lender: Lending, lent: boolean): void => {
    lender.lent = lent;
    turns.lending(lender);
  };

  it('should take the first out to which its lender can lend, the others keeping their order (D16)', () => {
    const { turns } = ring();
    const [a, b, c, d] = jobs(1, 1, 1, 1) as [Job, Job, Job, Job];
    const [one, other] = [lending(), lending()];
    [b.lender, c.lender, d.lender] = [one, other, other];
    for (const job of [a, b, c, d]) turns.add(job);
    lend(turns, other, true);
    expect([turns.firstOnLoan, turns.take(b)]).toEqual([b, one]);
    expect(turns.firstOnLoan).toBeUndefined();
    lend(turns, other, false);
    expect([turns.firstOnLoan, turns.take(c)]).toEqual([c, other]);
    expect([turns.firstOnLoan, order(turns), b.inRing, c.inRing]).toEqual([d, 'ad', true, true]);
  });

  it('should take the one of two lines out that has come first', () => {
    const { turns } = ring();
    const [a, b, c] = jobs(1, 1, 1) as [Job, Job, Job];
    const [one, other] = [lending(), lending()];
    [a.lender, b.lender, c.lender] = [one, other, one];
    for (const job of [a, b, c]) turns.add(job);
    turns.take(a);
    expect(turns.firstOnLoan).toBe(b);
  });

  it.each([
    ['has not left its handler yet', { seat: undefined }],
    ['is at work no more', { isAtWork: false }],
    ['has lent it to another', { lent: true }],
  ])('should give nothing on loan of a lender that %s', (_, other) => {
    const { turns } = ring();
    const [a, b] = jobs(1, 1) as [Job, Job];
    const lender = lending();
    [a.lender, b.lender] = [lender, lender];
    turns.add(a);
    turns.lending(Object.assign(lender, other));
    turns.add(b);
    expect([turns.firstOnLoan, order(turns)]).toEqual([undefined, 'ab']);
  });

  it('should find a lender that has got its worker', () => {
    const { turns } = ring();
    const [a] = jobs(1) as [Job];
    a.lender = Object.assign(lending(), { seat: undefined });
    turns.add(a);
    expect(turns.firstOnLoan).toBeUndefined();
    turns.lending(Object.assign(a.lender, { seat: {} }));
    expect(turns.firstOnLoan).toBe(a);
  });

  it('should have those who wait for a lender that ends wait for whoever has led to it, each in its place (D16)', () => {
    const { turns } = ring();
    const [a, b, c, d] = jobs(1, 1, 1, 1) as [Job, Job, Job, Job];
    const far = lending();
    const near = lending(Object.assign(new Job('n'), { lender: far }));
    [a.lender, b.lender, c.lender, d.lender] = [near, far, near, far];
    for (const job of [a, b, c, d]) turns.add(job);
    lend(turns, near, true);
    expect(turns.firstOnLoan).toBe(b);
    turns.lending(Object.assign(near, { isAtWork: false }));
    let names = '';
    for (let job = turns.firstOnLoan; job !== undefined; job = turns.firstOnLoan) {
      names += job.name;
      expect(turns.take(job)).toBe(far);
    }
    expect(names).toBe('abcd');
  });

  it('should have them wait for their turns if nobody has led to it', () => {
    const { turns } = ring();
    const [a] = jobs(1) as [Job];
    const lender = (a.lender = lending());
    turns.add(a);
    turns.lending(Object.assign(lender, { isAtWork: false }));
    expect([turns.firstOnLoan, order(turns)]).toEqual([undefined, 'a']);
  });

  it('should keep nothing of a job that is dropped before its turn (early unsubscribe)', () => {
    const { turns } = ring();
    const [a, b, c] = jobs(1, 1, 1) as [Job, Job, Job];
    a.lender = b.lender = c.lender = lending();
    for (const job of [a, b, c]) turns.add(job);
    for (const job of [b, a]) turns.drop(job);
    expect([turns.first, turns.firstOnLoan, [...turns]]).toEqual([c, c, [c]]);
    expect([a, b].map(({ inRing, before, after }) => [inRing, before, after])).toEqual([
      [false, undefined, undefined],
      [false, undefined, undefined],
    ]);
  });

  it('should leave a job at its turn that is dropped, and one that has never come', () => {
    const { turns } = ring();
    const [a, b, c] = jobs(1, 1, 1) as [Job, Job, Job];
    for (const job of [a, b]) turns.add(job);
    turns.take(a);
    turns.drop(a);
    turns.drop(c);
    expect([a.inRing, [...turns]]).toEqual([true, [b]]);
  });

  it('should pass over a job on loan that is ready no more, and let it join the end when it is again', () => {
    const { turns } = ring();
    const [a, b, c] = jobs(1, 1, 1) as [Job, Job, Job];
    b.lender = c.lender = lending();
    for (const job of [a, b, c]) turns.add(job);
    b.isOpen = false;
    expect([turns.firstOnLoan, b.inRing]).toEqual([c, false]);
    b.isOpen = true;
    turns.add(b);
    expect(order(turns)).toBe('acb');
  });

  it('should be empty when the last has been taken out on loan (never)', () => {
    const { turns } = ring();
    const [a, b] = jobs(1, 1) as [Job, Job];
    b.lender = lending();
    for (const job of [a, b]) turns.add(job);
    turns.take(b);
    expect([...turns]).toEqual([a]);
    turns.take(a);
    expect([turns.isEmpty, [...turns]]).toEqual([true, []]);
  });

  it('should ask for a drain when a worker has come free, if a job waits', () => {
    const { turns, wake } = ring();
    const [job] = jobs(1) as [Job];
    turns.add(job);
    turns.wakeUp();
    expect(wake).toHaveBeenCalledTimes(2);
    turns.take(job);
    turns.wakeUp();
    expect(wake).toHaveBeenCalledTimes(2);
  });

  it('should hold the job already when it asks for a drain, which may come at once (a value that is answered at once)', () => {
    const seen: (Job | undefined)[] = [];
    const turns: Turns<Job> = new Turns<Job>(() => {
      seen.push(turns.first);
    });
    const [a, b] = jobs(1, 2) as [Job, Job];
    for (const job of [a, b]) turns.add(job);
    expect(seen).toEqual([a, a]);
  });

  it('should hold the job also if the drain cannot be had (a callback that throws)', () => {
    const turns = new Turns<Job>(() => {
      throw new Error('no scheduler');
    });
    const [job] = jobs(1) as [Job];
    expect(() => {
      turns.add(job);
    }).toThrow('no scheduler');
    expect([turns.first, job.inRing]).toEqual([job, true]);
  });
});
