import { type ParkedJob, Parking } from '../../lib/engine/Parking.js';
import { ToldLedger } from '../support/ledgers.js';

/** A job on its own, and what its parking does to it; `clock` is what the clock does that is asked. */
const bench = ({ timed = true, isClosing = false, awaited = false, detached = false } = {}) => {
  const told: string[] = [];
  const note = (what: string) => (): void => void told.push(what);
  const ledger = new ToldLedger();
  const clock = { work: (): void => undefined };
  const after: (() => void)[] = [];
  const starter = { isAtWork: true, run: { parts: { life: { isOver: false } } }, rare: {} };
  const run = { parent: awaited ? (starter as never) : undefined, parts: { options: { detached } } };
  const life = {
    isOver: false,
    deadline: timed
      ? { start: (from: number) => void told.push(`clock runs from ${from}`), end: note('clock stands') }
      : undefined,
    pausing: {
      isAsked: false,
      ask: ({ reason }: { reason: string }) => {
        told.push(`pause: ${reason}`);
        return Promise.resolve();
      },
    },
  };
  const job = {
    run,
    views: { progress: note('progress told') },
    ledger,
    life,
    limits: undefined,
    room: 'the limits' as never,
    engine: {
      steps: { after: (work: () => void) => void after.push(work) } as never,
      drain: {
        refresh: () => {
          told.push('looks at the clock');
          clock.work();
        },
      },
      jobs: { isClosing },
      time: { elapsed: 7 },
      goesOn: () => void told.push('run goes on'),
    },
  } satisfies ParkedJob<typeof run>;
  const parking = new Parking<typeof run>(job);
  const settle = (): void => {
    for (const work of after.splice(0)) work();
  };
  const types = (): readonly unknown[] => ledger.told.map(({ type }) => type);
  return { parking, job, life, clock, told, types, settle };
};

describe('Parking (D47)', () => {
  it('should stop the clock, once, and have each task looked at that comes from then on', () => {
    const { parking, job, told, types } = bench();
    parking.enter();
    parking.enter();
    expect([parking.isParked, told, types(), job.limits]).toEqual([
      true,
      ['clock stands', 'progress told'],
      ['parked'],
      'the limits',
    ]);
  });

  it('should let the clock run again, from a look at it, and its timer be set', () => {
    const { parking, told, types } = bench();
    parking.enter();
    parking.leave();
    parking.leave();
    expect(parking.isParked).toBe(false);
    expect(told).toEqual(['clock stands', 'progress told', 'looks at the clock', 'clock runs from 7', 'run goes on']);
    expect(types()).toEqual(['parked', 'unparked']);
  });

  it('should ask no clock of a job that is not parked', () => {
    const { parking, told } = bench();
    parking.leave();
    expect(told).toEqual([]);
  });

  it('should do without a clock', () => {
    const { parking, told } = bench({ timed: false });
    parking.enter();
    parking.leave();
    expect(told).toEqual(['progress told', 'looks at the clock', 'run goes on']);
  });

  it.each<[string, number, (bench: { parking: { end(): void; leave(): void }; life: { isOver: boolean } }) => void]>([
    ['ends the job', 0, ({ life }) => void (life.isOver = true)],
    [
      'has it stand',
      0,
      ({ parking }) => {
        parking.end();
      },
    ],
    [
      'lets it go on before',
      1,
      ({ parking }) => {
        parking.leave();
      },
    ],
  ])('should look again if the clock that is asked %s (D31)', (_, runs, work) => {
    const all = bench();
    const { parking, told, types } = all;
    parking.enter();
    all.clock.work = () => {
      all.clock.work = () => undefined;
      work(all);
    };
    parking.leave();
    expect(told.filter((each) => each.startsWith('clock runs'))).toHaveLength(runs);
    expect(types().filter((type) => type === 'unparked')).toHaveLength(runs);
  });

  it('should pause the job after the step in which it is parked, if the flow is being shut down (D25)', () => {
    const { parking, told, settle } = bench({ isClosing: true });
    parking.enter();
    expect(told).toEqual(['clock stands', 'progress told']);
    settle();
    expect(told).toEqual(['clock stands', 'progress told', 'pause: shutdown']);
  });

  it('should not pause a job that the handler that has started it may wait for, unless nobody is known to (D33)', () => {
    for (const detached of [false, true]) {
      const { parking, told, settle } = bench({ isClosing: true, awaited: true, detached });
      parking.enter();
      settle();
      expect(told.includes('pause: shutdown')).toBe(detached);
    }
  });

  it.each(['has something to do again', 'is asked to pause already', 'stands'] as const)(
    'should not pause a job that %s by then',
    (what) => {
      const { parking, life, told, settle } = bench();
      parking.enter();
      parking.leaveToOthers();
      if (what === 'is asked to pause already') life.pausing.isAsked = true;
      else if (what === 'stands') parking.end();
      else parking.leave();
      settle();
      expect(told.filter((each) => each.startsWith('pause'))).toEqual([]);
    },
  );

  it('should pause no job that was not parked', () => {
    const { parking, told, settle } = bench();
    parking.leaveToOthers();
    settle();
    expect(told).toEqual([]);
  });
});
