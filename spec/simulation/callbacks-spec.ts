import fc from 'fast-check';
import { HandlerContext } from '../../lib/engine/HandlerContext.js';
import type { Run } from '../../lib/engine/JobParts.js';
import { Lifecycle } from '../../lib/engine/Lifecycle.js';
import { LiveWork } from '../../lib/engine/LiveWork.js';
import { Staff } from '../../lib/engine/Staff.js';
import { Steps } from '../../lib/engine/Steps.js';
import { patience } from '../support/arbitrary.js';
import { checkGround } from './callbacks/laws.js';
import { type Deed, DEEDS, type Mess, type Site, SITES } from './callbacks/Mess.js';
import { messes } from './callbacks/messes.js';
import { play } from './callbacks/play.js';
import { type Strays, watchStrays } from './callbacks/strays.js';
import { brokenLaw } from './holds.js';

const rounds = process.env['ROUTILUX_LONG'] === '1' ? 10_000 : 300;

const called = new Set<Site>();
const done = new Set<Deed>();
let strays: Strays;

const survives = async (mess: Mess): Promise<void> => {
  const ground = await play(mess);
  for (const site of ground.called) called.add(site);
  for (const deed of ground.done) done.add(deed);
  await checkGround(ground);
  strays.check();
};

const holds = (parameters: fc.Parameters<[Mess]> = {}): Promise<void> =>
  fc.assert(fc.asyncProperty(messes, survives), { numRuns: rounds, ...parameters });

/** Has a method do something else, until what it gives is called. */
const tamper = <K extends PropertyKey>(prototype: Record<K, unknown>, key: K, method: unknown): (() => void) => {
  const { [key]: own } = prototype;
  prototype[key] = method;
  return () => {
    prototype[key] = own;
  };
};

const { rest } = Lifecycle.prototype;
const { remaining } = LiveWork.prototype;
const { freed } = Staff.prototype;

const CONTROLS: readonly [string, () => () => void][] = [
  [
    'runs user code inside a step',
    () =>
      tamper(Steps.prototype, 'after', <S>(work: (subject?: S) => void, subject?: S) => {
        work(subject);
      }),
  ],
  ['does not look again after a getter has ended the job', () => tamper(HandlerContext.prototype, 'checkAlive', () => undefined)],
  [
    'ends a job that has ended',
    () =>
      tamper(Lifecycle.prototype, 'rest', function (this: Lifecycle) {
        this.isOver = false;
        rest.call(this);
      }),
  ],
  [
    'leaves what is at work out of a snapshot',
    () =>
      tamper(LiveWork.prototype, 'remaining', function (this: LiveWork<Run>) {
        return { ...remaining.call(this), tasks: this.waiting() };
      }),
  ],
  [
    'never lets a worker go that waits for an aborted task',
    () =>
      tamper(Staff.prototype, 'freed', function (this: Pool, worker: Parameters<Pool['freed']>[0]) {
        if (!worker.isStuck) freed.call(this, worker);
      }),
  ],
];

type Pool = Staff<unknown>;

// ROUTILUX_LONG makes it 10,000 messes in place of 300.
describe('user code that calls back (D31)', () => {
  beforeAll(() => {
    strays = watchStrays();
  });

  afterAll(() => {
    strays.stop();
  });

  it('should find no job that hangs or ends twice, no task or worker lost, whatever any callback does', () => holds(), patience);

  it('should have called every callback, and done every deed', () => {
    expect(SITES.filter((site) => !called.has(site))).toEqual([]);
    expect(DEEDS.filter((deed) => !done.has(deed))).toEqual([]);
  });

  it.each(CONTROLS)(
    'should notice an engine that %s',
    async (_, tampered) => {
      const restore = tampered();
      try {
        expect(await brokenLaw(holds({ seed: 1, endOnFailure: true }))).toMatch(/^law: /);
      } finally {
        restore();
      }
    },
    patience,
  );
});
