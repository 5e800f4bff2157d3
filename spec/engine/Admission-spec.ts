import { Admission } from '../../lib/engine/Admission.js';
import { Engine } from '../../lib/engine/Engine.js';
import type { Run } from '../../lib/engine/JobParts.js';
import { resume } from '../../lib/engine/resume.js';
import { start } from '../../lib/engine/start.js';
import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import { type FlowOptions, JobState, type OutputRecord } from '../../lib/index.js';
import { detached } from '../../lib/JobState.js';
import type { Plan } from '../../lib/plan/Plan.js';
import { callingClock, type ClockCall } from '../support/callingClock.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

/** How jobs come into an engine on its own. */
const bench = (options: FlowOptions = {}) => {
  const settings = settingsFrom({ flowId: 'f', newId: () => 'made', ...options });
  const engine = new Engine(settings);
  const described = flowOf({ s: { slots: { trigger: (_, ctx) => ctx.output('x', { n: 1 }), i: () => undefined } } });
  const template = {
    settings,
    plan: engine.compile(settings, described),
    change: () => {
      template.plan = engine.compile(settings, described);
    },
  };
  const admission = new Admission(template, engine, (data, state = new JobState(data)) => ({ flow: {}, state }));
  const stateOf = ({ parts }: Pick<Run, 'parts'>): JobState => parts.handles.state as JobState;
  return { admission, engine, template, stateOf };
};

/** A job that has not begun, as another process has written it down. */
const written = (jobId = 'a'): JobState => {
  const { admission, stateOf } = bench();
  return JobState.fromJSON(stateOf(start(admission, 's', {}, { jobId })).toJSON());
};

const refused = (work: () => unknown): string => ours(thrown(work)).code;

describe('Admission', () => {
  it('should give each job what was asked for, or what the flow says', () => {
    const { admission, engine } = bench({ maxWorkers: 3, executionTimeoutMs: 70 });
    const run = start(admission, 's', { n: 1 }, { jobId: 'mine', maxWorkers: 2 });
    expect(run.parts.options).toMatchObject({ entryRoutineId: 's', params: { n: 1 }, cap: 2, timeoutMs: 70, leftMs: 70 });
    expect(engine.jobs.get('mine')).toBe(run);
    expect(start(admission, 's', {}, {}).parts).toMatchObject({ options: { cap: 3 }, ledger: { data: { jobId: 'made' } } });
  });

  it('should let a job begin in a later turn, with its entry in the queue', async () => {
    const { admission, stateOf } = bench();
    const { run } = start(admission, 's', {}, {});
    expect([stateOf(run).status, run.queue.length]).toEqual(['pending', 1]);
    await turn();
    expect(stateOf(run).status).toBe('completed');
  });

  it('should leave the entry out if somebody else brings the first task', () => {
    expect(start(bench().admission, 's', {}, {}, false).run.queue.length).toBe(0);
    // Also of a job that waits for its place.
    const { admission } = bench({ maxJobs: 1 });
    expect(['a', 'b'].map((jobId) => start(admission, 's', {}, { jobId }, false).run.queue.length)).toEqual([0, 0]);
  });

  it('should hand the output of a job to whom it is for, a function or an observer', async () => {
    const got: OutputRecord[] = [];
    start(bench().admission, 's', {}, { output: (output) => void got.push(output) });
    start(bench().admission, 's', {}, { output: { next: (output) => void got.push(output) } });
    await turn();
    expect(got.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('should cancel a job when its signal aborts, before it begins too', async () => {
    const { admission, stateOf } = bench();
    const run = start(admission, 's', {}, { signal: AbortSignal.abort('no') });
    await turn();
    expect([stateOf(run).status, stateOf(run).reason, stateOf(run).history()]).toEqual(['cancelled', 'no', []]);
  });

  it('should refuse a second job of an id, and every job once it is closed', () => {
    const { admission } = bench();
    start(admission, 's', {}, { jobId: 'a' });
    expect(refused(() => start(admission, 's', {}, { jobId: 'a' }))).toBe('DUPLICATE_JOB');
    admission.close();
    expect(refused(() => start(admission, 's', {}, {}))).toBe('SHUT_DOWN');
    expect(refused(() => resume(admission, detached, written(), {}))).toBe('SHUT_DOWN');
  });

  it('should refuse an entry that is not there before any job is made', () => {
    const { admission, engine } = bench();
    expect(refused(() => start(admission, 'gone', {}, {}))).toBe('UNKNOWN_ROUTINE');
    expect(engine.jobs.size).toBe(0);
  });

  it('should let jobs in with the plan of the moment', () => {
    const { admission, template } = bench();
    const plans: Plan[] = [admission.open()];
    template.change();
    plans.push(admission.open());
    expect(plans[1]).toBe(template.plan);
    expect(plans[0]).not.toBe(plans[1]);
  });

  describe('user code that is asked at the door (D25, D31)', () => {
    /** The refusal, if an id of the user's does something; and so on. */
    const byId = (deed: (given: Admission) => void): string => {
      const made: { admission?: Admission } = {};
      const { admission } = bench({
        newId: () => {
          deed(made.admission as Admission);
          return 'a';
        },
      });
      made.admission = admission;
      return refused(() => start(admission, 's', {}, {}));
    };

    const byGetter = (deed: (given: Admission) => void): string => {
      const { admission } = bench();
      const params = {
        get n() {
          deed(admission);
          return 1;
        },
      };
      return refused(() => start(admission, 's', params, { jobId: 'a' }));
    };

    /** A clock that does it at the nth look after the flow was made; undefined if the job was made all the same. */
    const byClock = (
      nth: number,
      deed: (given: Admission) => void,
      enter: (admission: Admission) => void,
    ): string | undefined => {
      const made: { admission?: Admission } = {};
      let left = nth;
      const clock = callingClock((call: ClockCall) => {
        if (call === 'now' && made.admission !== undefined && left-- === 0) deed(made.admission);
      });
      const { admission, engine } = bench({ scheduler: clock.scheduler });
      made.admission = admission;
      try {
        enter(admission);
      } catch (error) {
        return ours(error).code;
      }
      // The deed comes after the job is there, or never.
      expect(engine.jobs.get('a')).toBeDefined();
      return undefined;
    };

    const closing = (admission: Admission): void => {
      admission.close();
    };
    const starting = (admission: Admission): void => {
      start(admission, 's', {}, { jobId: 'a' });
    };

    it.each([
      ['an id', byId],
      ['a getter of the parameters', byGetter],
    ])('should be asked before the job is let in: %s', (_, by) => {
      expect(by(closing)).toBe('SHUT_DOWN');
      expect(by(starting)).toBe('DUPLICATE_JOB');
    });

    it.each([
      ['start', (admission: Admission) => start(admission, 's', {}, { jobId: 'a' })],
      ['resume', (admission: Admission) => resume(admission, detached, written(), {})],
    ])('should be looked at again after the clock was asked: %s', (_, enter) => {
      expect(byClock(0, closing, enter)).toBe('SHUT_DOWN');
      expect(byClock(0, starting, enter)).toBe('DUPLICATE_JOB');
    });

    it.each([
      ['SHUT_DOWN', closing],
      ['DUPLICATE_JOB', starting],
    ])('should be looked at again after the options of a resume were read: %s', (code, deed) => {
      const { admission } = bench();
      let reads = 0;
      const options = {
        get remap() {
          if (reads++ === 0) deed(admission);
          return {};
        },
      };
      expect(refused(() => resume(admission, detached, written(), options))).toBe(code);
    });

    it('should be told the time of the moment: a clock that has gone on is asked before a job is made', () => {
      const clock = callingClock(() => undefined);
      const { admission, stateOf } = bench({ scheduler: clock.scheduler });
      clock.time.frame = 70;
      expect(stateOf(start(admission, 's', {}, {})).createdAt).toEqual(new Date(70));
    });
  });
});
