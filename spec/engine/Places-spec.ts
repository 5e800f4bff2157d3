import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Places } from '../../lib/engine/Places.js';

class Job {
  hasPlace = false;

  constructor(readonly jobId: string) {}

  get run(): this {
    return this;
  }
}

const jobsOf = (names: string): Job[] => [...names].map((name) => new Job(name));

const placesFor = (most: number) => {
  const given: string[] = [];
  const places = new Places<Job>(most, ({ jobId }) => given.push(jobId));
  return { places, given };
};

const waitedAndLeft = (places: Places<Job>): readonly WeakRef<Job>[] => {
  const jobs = Array.from({ length: 100 }, (_, n) => new Job(String(n)));
  for (const job of jobs) places.join(job);
  for (const job of jobs) places.leave(job);
  return jobs.map((job) => new WeakRef(job));
};

const collect = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

describe('Places (D35)', () => {
  it('should give a place to each that comes while there are some, and let the others wait in order', () => {
    const { places, given } = placesFor(2);
    const [a, b, c, d] = jobsOf('abcd') as [Job, Job, Job, Job];
    for (const job of [a, b, c, d]) places.join(job);
    expect([given.join(''), places.isFull, places.waiting]).toEqual(['ab', true, 2]);
    places.leave(a);
    expect([given.join(''), a.hasPlace, c.hasPlace, places.waiting]).toEqual(['abc', false, true, 1]);
    for (const job of [b, c, d]) places.leave(job);
    expect([given.join(''), places.isFull, places.waiting]).toEqual(['abcd', false, 0]);
  });

  it('should pass over one that has left while it waited, and put one that comes again at the end', () => {
    const { places, given } = placesFor(1);
    const [a, b, c] = jobsOf('abc') as [Job, Job, Job];
    for (const job of [a, b, c]) places.join(job);
    places.leave(b);
    places.join(b);
    for (const job of [a, c, b]) places.leave(job);
    expect(given.join('')).toBe('acb');
  });

  it('should give one to who cannot wait, also if none is free, and take it into account', () => {
    const { places, given } = placesFor(1);
    const [a, b, c] = jobsOf('abc') as [Job, Job, Job];
    places.join(a);
    places.give(b);
    places.join(c);
    places.leave(a);
    expect([given.join(''), places.isFull]).toEqual(['ab', true]);
    places.leave(b);
    expect(given.join('')).toBe('abc');
  });

  it('should let in as many more as there are more places, and send nobody away if there are fewer', () => {
    const { places, given } = placesFor(1);
    const all = jobsOf('abcd');
    for (const job of all) places.join(job);
    places.resize(3);
    expect(given.join('')).toBe('abc');
    places.resize(1);
    expect(all.filter(({ hasPlace }) => hasPlace)).toHaveLength(3);
    for (const job of all.slice(0, 2)) places.leave(job);
    expect(given.join('')).toBe('abc');
    places.leave(all[2] as Job);
    expect(given.join('')).toBe('abcd');
  });

  it('should do as a list does, whoever comes and goes', () => {
    const move = fc.record({ job: fc.nat(7), kind: fc.constantFrom('join', 'give', 'leave') });
    fc.assert(
      fc.property(fc.nat(3), fc.array(move, { maxLength: 60 }), (most, moves) => {
        const { places, given } = placesFor(most + 1);
        const jobs = jobsOf('abcdefgh');
        const [inside, line, wanted]: [Set<Job>, Job[], string[]] = [new Set(), [], []];
        const enter = (job: Job): void => {
          inside.add(job);
          wanted.push(job.jobId);
        };
        const fill = (): void => {
          while (inside.size <= most && line.length > 0) enter(line.shift() as Job);
        };
        for (const { job: at, kind } of moves) {
          const job = jobs[at] as Job;
          const isKnown = inside.has(job) || line.includes(job);
          if (kind === 'leave') {
            inside.delete(job);
            if (line.includes(job)) line.splice(line.indexOf(job), 1);
            places.leave(job);
            fill();
          } else if (!isKnown && (kind === 'give' || (inside.size <= most && line.length === 0))) {
            enter(job);
            places[kind](job);
          } else if (!isKnown) {
            line.push(job);
            // What waits may be a job that is made at its turn, or when somebody looks.
            if (kind === 'give') places.join(job);
            else places.wait({ jobId: job.jobId, run: job });
          }
          expect([given, places.waiting]).toEqual([wanted, line.length]);
        }
      }),
    );
  });

  it('should keep none in memory that has waited and left, while no place comes free', async () => {
    const { places } = placesFor(1);
    places.join(new Job('first'));
    const gone = [waitedAndLeft(places), waitedAndLeft(places)].flat();
    await new Promise((resolve) => void setTimeout(resolve, 5));
    collect();
    expect([gone.filter((job) => job.deref() !== undefined).length, places.waiting]).toEqual([0, 0]);
  });
});
