import fc from 'fast-check';
import { type LenderTo, Turns } from '../../lib/engine/Turns.js';
import { Job, jobs, type Lending, lending } from '../support/turning.js';

type AnyTurns = Pick<Turns<Job>, 'isEmpty' | 'add' | 'first' | 'take' | 'firstOnLoan' | 'done' | 'drop' | 'lending'>;

/** The nearest at work. */
const lenderOf = ({ lender }: Job): LenderTo<Job> | undefined => (lender?.isAtWork === false ? lenderOf(lender.run) : lender);

const isOnLoan = (job: Job): boolean => lenderOf(job)?.lent === false;

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

  take(taken: Job): LenderTo<Job> | undefined {
    this.#ring = this.#ring.filter((job) => job !== taken);
    return lenderOf(taken);
  }

  get firstOnLoan(): Job | undefined {
    const found = this.#ring.find(isOnLoan);
    if (found === undefined || found.isReady) return found;
    this.drop(found);
    return this.firstOnLoan;
  }

  drop(job: Job): void {
    job.inRing = false;
    this.take(job);
  }

  lending(): void {}

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
  turns.take(first);
  return start(turns, first);
};

const borrow: Step = (turns) => {
  const { firstOnLoan } = turns;
  if (firstOnLoan === undefined) return undefined;
  turns.take(firstOnLoan);
  return start(turns, firstOnLoan);
};

/** The lender of a job lends its worker, or gets it back. */
const lend = (n: number): Step => {
  return (turns, all) => {
    const { lender } = jobAt(all, n) as { lender: Lending };
    lender.lent = !lender.lent;
    turns.lending(lender);
    return undefined;
  };
};

const endLender = (n: number): Step => {
  return (turns, all) => {
    const { lender } = jobAt(all, n) as { lender: Lending };
    lender.isAtWork = false;
    turns.lending(lender);
    return undefined;
  };
};

const drop = (n: number): Step => {
  return (turns, all) => {
    turns.drop(jobAt(all, n));
    return undefined;
  };
};

/** Jobs of three handlers, the first of which has led to the others. */
const lentTo = (...sizes: readonly number[]): readonly Job[] => {
  const first = lending();
  const lenders = [first, ...[1, 2].map(() => lending(Object.assign(new Job('l'), { lender: first })))];
  return jobs(...sizes).map((job, at) => Object.assign(job, { lender: lenders[at % 3] }));
};

const job = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: job.map(gain) },
  { weight: 3, arbitrary: job.map(toggle) },
  { weight: 3, arbitrary: fc.constant(turn) },
  { weight: 6, arbitrary: fc.constant(borrow) },
  { weight: 3, arbitrary: job.map(lend) },
  { weight: 1, arbitrary: job.map(endLender) },
  { weight: 1, arbitrary: job.map(drop) },
);

describe('Turns and its plain twin', () => {
  it('should behave as an array of jobs does, whatever the order of calls', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const turns = new Turns<Job>(() => undefined, lenderOf);
        const model = new Plain();
        const [ours, theirs] = [lentTo(0, 0, 0, 0, 0, 0), lentTo(0, 0, 0, 0, 0, 0)];
        for (const take of steps) expect(take(turns, ours)).toEqual(take(model, theirs));
        expect([turns.isEmpty, ours.map(({ inRing }) => inRing)]).toEqual([model.isEmpty, theirs.map(({ inRing }) => inRing)]);
      }),
    );
  });
});
