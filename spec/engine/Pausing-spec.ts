import { Subject } from 'rxjs';
import type { Toggle } from '../../lib/engine/gate.js';
import { Pausing } from '../../lib/engine/Pausing.js';
import { JobData } from '../../lib/job/JobData.js';
import type { JobStatus } from '../../lib/job/JobStatus.js';
import { turn } from '../support/virtualTime.js';
import { thrown } from '../support/thrown.js';

/** A job on its own that can be paused, and what it is told. */
const bench = (status: JobStatus = 'running') => {
  const data: { status: JobStatus } & JobData = Object.assign(new JobData('job', 'flow', 0, 10), { status });
  const told: string[] = [];
  const toggle$ = new Subject<Toggle<string>>();
  const released$ = new Subject<string>();
  toggle$.subscribe(({ open }) => told.push(open ? 'opens' : 'closes'));
  released$.subscribe(() => told.push('released'));
  const ledger = {
    data,
    watched: false,
    show: <T>(value: T) => value,
    tell: jest.fn(),
    post: jest.fn(),
    warn: jest.fn(),
    now: 5,
    tick: 5,
    timestamp: new Date(5),
  };
  const clock = { atLook: (): void => undefined };
  const drain = {
    change: (work: () => void) => {
      clock.atLook();
      work();
    },
  };
  const state = {};
  const pausing = new Pausing<string>(
    {
      run: 'run',
      ledger,
      plan: { commits: false, settings: {} },
      handles: { state },
      engine: { drain, toggle$, released$ },
      progress: { queued: 3 },
      views: undefined,
    },
    {
      stand: () => {
        told.push('stands');
        data.status = 'paused';
      },
      goOn: () => {
        told.push('goes on');
        data.status = 'running';
      },
    },
  );
  return { pausing, data, told, state, clock };
};

/** What pauses have been answered with so far. */
const answersOf = (...pauses: Promise<object>[]): object[] => {
  const answers: object[] = [];
  for (const pause of pauses) void pause.then((state) => answers.push(state));
  return answers;
};

describe('Pausing', () => {
  it('should close the gate at once, and answer when the job is quiet, with its state', async () => {
    const { pausing, data, told, state } = bench();
    const answers = answersOf(pausing.pause({ reason: 'lunch', checkpoint: 1 }));
    expect(told).toEqual(['closes', 'released']);
    await turn();
    expect(answers).toEqual([]);
    pausing.quietDown();
    expect(told).toEqual(['closes', 'released', 'stands']);
    expect(data.pausePoints).toEqual([
      { timestamp: new Date(5), reason: 'lunch', checkpoint: 1, currentRoutineId: undefined, pendingTasks: 3 },
    ]);
    await turn();
    expect(answers[0]).toBe(state);
  });

  it('should let a second pause join the first: the same promise, and the reason of the first (D19)', () => {
    const { pausing, data, told } = bench();
    const first = pausing.pause({ reason: 'one' });
    expect(pausing.pause({ reason: 'two' })).toBe(first);
    expect(told).toEqual(['closes', 'released']);
    pausing.quietDown();
    expect(data.pausePoints.map(({ reason }) => reason)).toEqual(['one']);
  });

  it('should be quiet once, and only if that was asked for', () => {
    const { pausing, told } = bench();
    pausing.quietDown();
    expect(told).toEqual([]);
    void pausing.pause({});
    pausing.quietDown();
    pausing.quietDown();
    expect(told).toEqual(['closes', 'released', 'stands']);
  });

  it('should withdraw a pause that still waits at a resume, and answer it', async () => {
    const { pausing, told, state } = bench();
    const answers = answersOf(pausing.pause({}));
    pausing.resume();
    expect(told).toEqual(['closes', 'released', 'goes on']);
    pausing.quietDown();
    expect(told).not.toContain('stands');
    await turn();
    expect(answers).toEqual([state]);
  });

  it('should take a pause after a resume for a new one', async () => {
    const { pausing } = bench();
    const first = pausing.pause({});
    pausing.quietDown();
    pausing.resume();
    const second = pausing.pause({});
    expect(second).not.toBe(first);
    await first;
    const answers = answersOf(second);
    await turn();
    expect(answers).toEqual([]);
  });

  it('should answer once, and nobody if nobody asked: when something else decides on the job', async () => {
    const { pausing, state } = bench();
    pausing.answer();
    const answers = answersOf(pausing.pause({}));
    pausing.answer();
    pausing.answer();
    await turn();
    expect(answers).toEqual([state]);
  });

  it('should close nothing if the clock that a pause asks has had something else decide on the job (D31)', async () => {
    const { pausing, told, state, clock } = bench();
    clock.atLook = () => {
      pausing.answer();
    };
    expect(await pausing.pause({})).toBe(state);
    expect(told).toEqual([]);
  });

  it('should not go on if the clock that a resume asks has ended the job (D31)', () => {
    const { pausing, data, told, clock } = bench('paused');
    clock.atLook = () => {
      data.status = 'cancelled';
    };
    pausing.resume();
    expect(told).toEqual([]);
  });

  it.each<[JobStatus, 'pause' | 'resume']>([
    ['paused', 'pause'],
    ['completed', 'pause'],
    ['cancelled', 'pause'],
    ['running', 'resume'],
    ['pending', 'resume'],
    ['failed', 'resume'],
  ])('should refuse, if a job is %s, to %s it', (status, call) => {
    const { pausing, told } = bench(status);
    const error = thrown(() => {
      if (call === 'pause') void pausing.pause({});
      else pausing.resume();
    });
    expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    expect(told).toEqual([]);
  });
});
