import { VirtualTimeScheduler } from 'rxjs';
import type { JobParts } from '../../lib/engine/JobParts.js';
import { Lifecycle } from '../../lib/engine/Lifecycle.js';
import { Steps } from '../../lib/engine/Steps.js';
import type { JobStatus } from '../../lib/job/JobStatus.js';
import { jobIn, ToldLedger } from '../support/ledgers.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

interface Asked {
  readonly status?: JobStatus;
  readonly leftMs?: number;
  readonly keepsStreams?: boolean;
}

/**
 * The life of a job with parts that note what they are told; what the user does meanwhile: `atLook` when the clock is asked from
 * outside, `atReopen` when the streams hear that the gate opens, `atFlush` when the job is idle.
 */
const bench = ({ status = 'pending', leftMs = Infinity, keepsStreams = false }: Asked = {}) => {
  const ledger = new ToldLedger(jobIn(status));
  const scheduler = new VirtualTimeScheduler();
  const steps = new Steps();
  const told: string[] = [];
  const user = { isRoom: true, atLook: (): void => undefined, atReopen: (): void => undefined, atFlush: (): boolean => false };
  const note = (what: string) => () => void told.push(what);
  const answered: object[] = [];
  const run = {
    isOpen: false,
    hasPlace: false,
    endsAt: Infinity,
    queue: { tasks: () => [], clear: note('queue cleared') },
    answer: (state: object) => answered.push(state),
  };
  const time = { elapsed: 0, reading: 0, catchUp: note('looks at the clock') };
  const later: (() => void)[] = [];
  const job = {
    run,
    ledger,
    plan: { keepsStreams, settings: { scheduler } },
    options: { leftMs, timeoutMs: 100, entryRoutineId: 's', params: { n: 1 } },
    handles: { state: {} },
    progress: { queued: 2 },
    emissions: { order: 1, stand: note('emissions stand') },
    delayed: { hold: note('retries hold'), clear: note('retries cleared') },
    limits: { wakeAll: note('sources wake') },
    tracker: {},
    views: {
      status: (to: string) => told.push(`status ${to}`),
      progress: () => undefined,
      endSinks: note('sinks end'),
      end: note('views end'),
    },
    streams: {
      reopen: () => {
        user.atReopen();
      },
      after: (work: () => void) => later.push(work),
      open: note('streams open'),
      flush: () => user.atFlush(),
      close: () => note('streams stop'),
    },
    engine: {
      steps,
      time,
      drain: {
        change: (work: () => void) => {
          user.atLook();
          steps.apply(work, undefined, undefined);
        },
      },
      toggle$: {
        next: ({ open }: { open: boolean }) => {
          run.isOpen = open;
          told.push(open ? 'opens' : 'closes');
        },
      },
      released$: { next: note('released') },
      starving: { first: undefined },
      place: () => {
        run.hasPlace = user.isRoom;
        told.push('waits for a place');
      },
      goesOn: note('to be armed'),
      stands: note('stands'),
      forget: note('forgotten'),
      attemptsOf: () => new Set(),
    },
  };
  const life = new Lifecycle(job as unknown as JobParts);
  return { life, job, run, ledger, told, user, time, later, answered };
};

/** A job that has begun. */
const begun = (asked: Asked = {}) => {
  const made = bench(asked);
  made.life.begin();
  made.told.length = 0;
  return made;
};

describe('Lifecycle', () => {
  describe('the beginning', () => {
    it('should write the start down before the gate opens, and say that there may be nothing to do', () => {
      const { life, ledger, told } = bench();
      expect(life.hasBegun).toBe(false);
      life.begin();
      expect([life.hasBegun, ledger.data.status, ledger.types]).toEqual([true, 'running', ['started']]);
      expect(ledger.told).toMatchObject([{ entryRoutineId: 's', entryParams: { n: 1 } }]);
      expect(told).toEqual(['status running', 'opens', 'sources wake', 'released']);
    });

    it('should be something else if that was asked for', () => {
      const { life, ledger, told } = bench();
      life.insteadOfBegin = () => told.push('instead');
      life.begin();
      expect([told, ledger.told]).toEqual([['instead'], []]);
    });

    it('should be one, also if it stands in the line twice', () => {
      const { life, ledger } = bench();
      life.begin();
      life.begin();
      expect(ledger.types).toEqual(['started']);
    });

    it.each([
      [
        true,
        'running',
        ['status paused', 'waits for a place', 'status running', 'to be armed', 'opens', 'sources wake', 'released'],
      ],
      [
        false,
        'pending',
        [
          'status paused',
          'waits for a place',
          'status pending',
          'status running',
          'to be armed',
          'opens',
          'sources wake',
          'released',
        ],
      ],
    ])(
      'should go on with a job from elsewhere without a second start, once it has a place (D35): at once %p',
      (isRoom, status, expected) => {
        const { life, ledger, told, user } = bench({ status: 'paused' });
        user.isRoom = isRoom;
        life.comeFromElsewhere(true);
        life.goOn();
        expect(ledger.data.status).toBe(status);
        life.begin();
        expect([ledger.types, told]).toEqual([['resumed'], expected]);
      },
    );
  });

  describe('streams', () => {
    it('should open after the step in which the gate opens, if the job is still there (D31)', () => {
      for (const isOver of [false, true]) {
        const { life, told, later } = bench({ keepsStreams: true });
        life.begin();
        expect(told).not.toContain('streams open');
        life.isOver = isOver;
        for (const work of later) work();
        expect(told.includes('streams open')).toBe(!isOver);
      }
    });

    it('should leave the gate closed if one has failed in the pause, and its failure ends the job', () => {
      const { life, told, user, later } = bench();
      user.atReopen = () => {
        life.fail(ours(thrown(() => life.cancel.call(bench({ status: 'completed' }).life))));
      };
      life.begin();
      expect([told.includes('opens'), later]).toEqual([false, []]);
      expect(told.filter((what) => what.startsWith('status'))).toEqual(['status running', 'status failed']);
    });

    it('should give what they hold before an idle job has completed', () => {
      const { life, user, ledger } = begun();
      user.atFlush = () => true;
      life.rest();
      expect(ledger.data.status).toBe('running');
      user.atFlush = () => false;
      life.rest();
      expect(ledger.data.status).toBe('completed');
    });
  });

  describe('a pause', () => {
    it('should stand when the job is idle behind the closed gate, with no timer and no room taken', async () => {
      const { life, ledger, told } = begun();
      const quiet = life.pausing.pause({ reason: 'lunch' });
      life.rest();
      expect(told).toEqual(['closes', 'released', 'retries hold', 'emissions stand', 'status paused', 'stands']);
      expect(ledger.told.at(-1)).toMatchObject({ type: 'paused', reason: 'lunch', pendingTasks: 2 });
      await expect(quiet).resolves.toBeDefined();
    });

    it('should not stop the clock of a timeout before that, and not count while it stands', () => {
      const { life, run, time } = begun({ leftMs: 50 });
      time.elapsed = time.reading = 10;
      void life.pausing.pause({});
      expect(run.endsAt).toBe(50);
      life.rest();
      time.elapsed = time.reading = 1_000;
      expect(life.deadline?.left).toBe(40);
      life.pausing.resume();
      expect(run.endsAt).toBe(1_040);
    });

    it('should begin a job at its time that was paused and resumed before the engine took it on', () => {
      const { life, told } = bench();
      void life.pausing.pause({});
      life.rest();
      life.pausing.resume();
      expect(told).not.toContain('opens');
      life.begin();
      expect(told).toContain('opens');
    });
  });

  describe('the end', () => {
    it('should close the gate, drop what is left, and be told last, in one step', () => {
      const { life, job, ledger, told, answered } = begun();
      life.atEnd(() => told.push('at the end'));
      life.cancel('enough');
      expect([life.isOver, life.isTold, ledger.data.status, ledger.data.reason]).toEqual([true, true, 'cancelled', 'enough']);
      expect(told).toEqual([
        ...['closes', 'retries cleared', 'queue cleared', 'sources wake', 'status cancelled', 'forgotten'],
        ...['streams stop', 'sinks end', 'views end', 'at the end'],
      ]);
      expect(ledger.data.dropped).toBe(2);
      expect(ledger.told.at(-1)).toMatchObject({ type: 'ended', status: 'cancelled', reason: 'enough' });
      expect(answered).toEqual([job.handles.state]);
    });

    it('should drop nothing of a job that has completed', () => {
      const { life, ledger, told } = begun();
      life.rest();
      expect([ledger.data.status, ledger.data.dropped]).toEqual(['completed', 0]);
      expect(told).not.toContain('queue cleared');
      life.rest();
      expect(ledger.types.filter((type) => type === 'ended')).toEqual(['ended']);
    });

    it('should call back at once if it is there', () => {
      const { life } = begun();
      life.rest();
      const called: string[] = [];
      life.atEnd(() => called.push('at once'));
      expect(called).toEqual(['at once']);
    });

    it('should answer a pause that waits', async () => {
      const { life, job } = begun();
      const quiet = life.pausing.pause({});
      life.cancel();
      expect(await quiet).toBe(job.handles.state);
    });

    it('should warn of deferred events that are left over', () => {
      const { life, ledger } = begun();
      Object.assign(ledger.data, { deferred: [{ routineId: 's', event: 'o', data: {} }] });
      life.rest();
      const warnings = ledger.told.flatMap((record) => (record.type === 'warning' ? [record.message] : []));
      expect(warnings).toEqual(['1 deferred event(s) were left over: the job ended without a resume']);
    });

    it('should be one: a second cancel is none, and another end refuses it', () => {
      const { life, ledger } = begun();
      life.cancel('one');
      life.cancel('two');
      expect([ledger.data.reason, ledger.types.filter((type) => type === 'ended')]).toEqual(['one', ['ended']]);
      const done = begun();
      done.life.rest();
      expect(thrown(() => done.life.cancel())).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
    });

    it('should not be a second one if the clock that a cancel asks has ended the job (D31)', () => {
      const { life, ledger, user } = begun({ leftMs: 50 });
      user.atLook = () => {
        life.timeOut();
      };
      life.cancel('too late');
      expect([ledger.data.status, ledger.data.reason]).toEqual(['failed', undefined]);
      expect(ledger.types.filter((type) => type === 'ended')).toEqual(['ended']);
    });
  });

  describe('a timeout', () => {
    it('should fail the job with its limit, and note that in the history', () => {
      const { life, ledger } = begun({ leftMs: 50 });
      life.timeOut();
      expect([ledger.data.status, ledger.data.error?.code]).toEqual(['failed', 'TIMEOUT']);
      expect(ledger.types.slice(-2)).toEqual(['kept', 'ended']);
    });

    it('should do nothing to a job that has ended meanwhile (D31)', () => {
      const { life, ledger } = begun({ leftMs: 50 });
      life.cancel();
      const { length } = ledger.told;
      life.timeOut();
      expect([ledger.data.status, ledger.told.length]).toEqual(['cancelled', length]);
    });

    it('should fail an idle job that has run too long, by a look at the clock; without a limit nobody looks', async () => {
      const late = begun({ leftMs: 50 });
      late.time.reading = 51;
      late.life.rest();
      expect([late.ledger.data.error?.code, late.told[0]]).toEqual(['TIMEOUT', 'looks at the clock']);
      const free = begun();
      free.time.reading = 51;
      free.life.rest();
      expect([free.ledger.data.status, free.told.includes('looks at the clock')]).toEqual(['completed', false]);
      await turn();
    });
  });
});
