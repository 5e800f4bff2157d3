import fc from 'fast-check';
import type { Lender } from '../../lib/engine/Borrowers.js';
import { Turns } from '../../lib/engine/Turns.js';
import { type Job, jobs } from '../support/turning.js';

type AnyTurns = Pick<Turns<Job>, 'isEmpty' | 'add' | 'first' | 'take' | 'firstOnLoan' | 'takeOnLoan' | 'done'>;

/** Jobs are lent something only by whom they had when they came. */
const isOnLoan = ({ lender }: Job): boolean => lender?.lent === false;

/** The same as an array of jobs. */
class Plain implements AnyTurns {
  #ring: Job[] = [];

  get isEmpty(): boolean {
    return this.#ring.length === 0;
  }

  add(job: Job): void {
    if (job.isReady && !job.inRing) this.#ring = [...this.#ring, job];
    job.inRing ||= job.isReady;
  }

  get first(): Job | undefined {
    const at = this.#ring.findIndex(({ isReady }) => isReady);
    const gone = this.#ring.splice(0, at < 0 ? this.#ring.length : at);
    for (const job of gone) job.inRing = false;
    return this.#ring[0];
  }

  take(): void {
    this.#ring = this.#ring.slice(1);
  }

  get firstOnLoan(): Job | undefined {
    const found = this.#ring.find(isOnLoan);
    if (found === undefined || found.isReady) return found;
    found.inRing = false;
    this.takeOnLoan(found);
    return this.firstOnLoan;
  }

  takeOnLoan(taken: Job): Lender | undefined {
    this.#ring = this.#ring.filter((job) => job !== taken);
    return taken.lender;
  }

  done(job: Job): void {
    job.inRing = false;
    this.add(job);
  }
}

/** Something is done to the turns and to one of the jobs; what it gives has to be the same for both. */
type Step = (turns: AnyTurns, all: readonly Job[]) => string | undefined;

const start = (turns: AnyTurns, job: Job): string => {
  job.left--;
  turns.done(job);
  return job.name;
};

const jobAt = (all: readonly Job[], n: number): Job => all[n] as Job;

const gain = (n: number): Step => {
  return (turns, all) => {
    jobAt(all, n).left++;
    turns.add(jobAt(all, n));
    return String(turns.isEmpty);
  };
};

const toggle = (n: number): Step => {
  return (turns, all) => {
    const job = jobAt(all, n);
    job.isOpen = !job.isOpen;
    turns.add(job);
    return undefined;
  };
};

const turn: Step = (turns) => {
  const { first } = turns;
  if (first === undefined) return undefined;
  turns.take();
  return start(turns, first);
};

/** One of two lenders lends. */
const borrow = (n: number): Step => {
  return (turns, all) => {
    lend(all, n);
    const { firstOnLoan } = turns;
    lend(all, NOBODY);
    if (firstOnLoan === undefined) return undefined;
    turns.takeOnLoan(firstOnLoan);
    return start(turns, firstOnLoan);
  };
};

const NOBODY = -1;

const lend = (all: readonly Job[], n: number): void => {
  for (const [at, { lender }] of all.entries()) (lender as { lent: boolean }).lent = n === NOBODY || at % 2 !== n % 2;
};

const lentTo = (...sizes: readonly number[]): readonly Job[] => {
  const lenders = [0, 1].map(() => ({ isAtWork: true, seat: {}, lent: true }));
  return jobs(...sizes).map((job, at) => Object.assign(job, { lender: lenders[at % 2] }));
};

const job = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(job.map(gain), job.map(toggle), fc.constant(turn), job.map(borrow));

describe('Turns and its plain twin', () => {
  it('should behave as an array of jobs does, whatever the order of calls', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const turns = new Turns<Job>(
          () => undefined,
          ({ lender }) => lender,
        );
        const model = new Plain();
        const [ours, theirs] = [lentTo(0, 0, 0, 0), lentTo(0, 0, 0, 0)];
        for (const take of steps) expect(take(turns, ours)).toEqual(take(model, theirs));
        expect([turns.isEmpty, ours.map(({ inRing }) => inRing)]).toEqual([model.isEmpty, theirs.map(({ inRing }) => inRing)]);
      }),
    );
  });
});
