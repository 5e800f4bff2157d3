import type { Observable } from 'rxjs';
import type { Job } from '../Job.js';
import { checkPlaces } from './checkPlaces.js';
import { reportOn } from './Comparison.js';
import type { JobExpectation, ObservableExpectation } from './FlowTest.js';
import { expectedOn, type JobMarbles, type Line, type MarbleValues, type Moment } from './Line.js';
import { placeOf, unlike } from './place.js';
import type { RecordedJobs } from './RecordedJobs.js';
import { expectation, type Steps, together } from './recordMarbles.js';
import type { VirtualClock } from './VirtualClock.js';

/** What a test expects. It is compared with what came when virtual time is over. */
export class Expectations {
  readonly #checks: { readonly here: Error; readonly report: () => string | undefined }[] = [];

  /** Lists of jobs that a diagram is about: a list of entries grows. */
  readonly #about: (() => readonly Job[])[] = [];

  constructor(
    private readonly clock: VirtualClock,
    private readonly jobs: RecordedJobs,
  ) {}

  expectJob(jobs: Job | readonly Job[]): JobExpectation {
    // A list of entries grows; its jobs are recorded as they start.
    const recorders = (): readonly Steps[] => jobsOf(jobs).map((job) => this.jobs.recorderOf(job));
    recorders();
    const toBe = (lines: JobMarbles, values: MarbleValues = {}): void => {
      const report = expectation(lines, values);
      checkPlaces(Object.keys(lines), jobsOf(jobs));
      this.#about.push(() => jobsOf(jobs));
      this.#checks.push({ here: placeOf(toBe), report: () => report(together(recorders())) });
    };
    return { toBe };
  }

  /** Whether a diagram says how this job goes: then it says as well that it fails. */
  isAbout(job: Job): boolean {
    return this.#about.some((jobs) => jobs().includes(job));
  }

  expectObservable(source$: Observable<unknown>): ObservableExpectation {
    const actual = this.#record(source$);
    const toBe = (marbles: string, values: MarbleValues = {}, ...error: readonly unknown[]): void => {
      const expected = expectedOn(STREAM, marbles, values).map((one) =>
        one.symbol === '#' && error.length > 0 ? { ...one, value: error[0] } : one,
      );
      this.#checks.push({ here: placeOf(toBe), report: () => reportOn([{ line: STREAM, expected, actual }], values) });
    };
    return { toBe };
  }

  #record(source$: Observable<unknown>): readonly Moment[] {
    const moments: Moment[] = [];
    const note = (value: unknown, end?: string): void => {
      this.clock.stirred++;
      moments.push({ at: this.clock.frame, value, ...(end === undefined ? {} : { symbol: end }) });
    };
    source$.subscribe({
      next: (value) => {
        note(value);
      },
      error: (error: unknown) => {
        note(error, '#');
      },
      complete: () => {
        note('|', '|');
      },
    });
    return moments;
  }

  /** @throws TestingError `UNLIKE`: every expectation that does not hold, at the place of the first one */
  check(): void {
    const faults = this.#checks.flatMap(({ here, report }) => {
      const text = report();
      return text === undefined ? [] : [{ here, report: text }];
    });
    if (faults.length > 0) throw unlike(faults);
  }
}

/** A symbol of a stream stands for its value, or for itself. */
const STREAM: Line = {
  key: 'values',
  known: {},
  resolve: (symbol, values) => ({ value: Object.hasOwn(values, symbol) ? values[symbol] : symbol }),
  select: () => [],
};

const jobsOf = (jobs: Job | readonly Job[]): readonly Job[] => (Array.isArray(jobs) ? (jobs as readonly Job[]) : [jobs as Job]);
