import { macrotask, type Macrotask } from '../../lib/prelude/macrotask.js';

/** Far more turns than any timer of 0 ms needs: who lets timers run never gets there. */
const FAR = 1_000_000;

const before = new Map<string, unknown>();

/** The module as a platform finds it that lacks some of the globals, or has others, until the end of the test. */
const on = (platform: Record<string, unknown>): Macrotask => {
  for (const [name, value] of Object.entries(platform)) {
    before.set(name, Reflect.get(globalThis, name));
    Reflect.set(globalThis, name, value);
  }
  let macrotaskThere: Macrotask = () => undefined;
  jest.isolateModules(() => {
    ({ macrotask: macrotaskThere } = jest.requireActual<{ macrotask: Macrotask }>('../../lib/prelude/macrotask.js'));
  });
  return macrotaskThere;
};

const closed: unknown[] = [];

/** What a runner puts in the place of a timer: nobody advances it. */
const fake = (): unknown => Object.assign(() => undefined, { clock: {} });

/** A channel that delivers a message in a macrotask, and holds no port open. */
class Channel {
  readonly port1 = { onmessage: null as (() => void) | null, close: (): void => void closed.push(1) };
  readonly port2 = {
    postMessage: (): void => {
      setTimeout(() => this.port1.onmessage?.(), 0);
    },
  };
}

const platforms: [string, Record<string, unknown>][] = [
  ['setImmediate', {}],
  ['a MessageChannel', { setImmediate: undefined, MessageChannel: Channel }],
  ['setTimeout only', { setImmediate: undefined, MessageChannel: undefined }],
  ['a setImmediate that is faked, and channels', { setImmediate: fake(), MessageChannel: Channel }],
];

describe('macrotask', () => {
  afterEach(() => {
    for (const [name, value] of before) Reflect.set(globalThis, name, value);
    before.clear();
  });

  it.each(platforms)('should run work later and in order on a platform with %s', async (_, platform) => {
    const later = on(platform);
    const log: string[] = [];
    await new Promise<void>((resolve) => {
      later(() => log.push('first'));
      later(() => log.push('second'));
      later(resolve);
      void Promise.resolve().then(() => log.push('microtask'));
      log.push('now');
    });
    expect(log).toEqual(['now', 'microtask', 'first', 'second']);
  });

  it('should run work after what awaits if all is faked: it must not wait for a test to advance them', async () => {
    const later = on({ setImmediate: undefined, MessageChannel: undefined, setTimeout: fake() });
    const log: string[] = [];
    later(() => log.push('later'));
    expect(log).toEqual([]);
    await Promise.resolve();
    expect(log).toEqual(['later']);
  });

  it('should close each channel that it needs under fake timers, or they would keep the process', async () => {
    closed.length = 0;
    const later = on({ setImmediate: fake(), MessageChannel: Channel });
    await new Promise<void>((resolve) => {
      later(() => undefined);
      later(resolve);
    });
    expect(closed).toHaveLength(2);
  });

  it('should take what there was first, or is now, whichever is real', async () => {
    const ask = jest.fn((work: () => void) => void work());
    const told: string[] = [];
    const later = on({ setImmediate: ask });
    Reflect.set(globalThis, 'setImmediate', fake());
    later(() => told.push('first'));
    Reflect.set(globalThis, 'setImmediate', (work: () => void) => {
      told.push('now');
      work();
    });
    later(() => told.push('then'));
    await Promise.resolve();
    expect([told, ask.mock.calls.length]).toEqual([['first', 'now', 'then'], 1]);
  });

  it('should let timers run between two turns, however many turns follow', async () => {
    let turns = 0;
    let fired = false;
    setTimeout(() => (fired = true), 0);
    await new Promise<void>((resolve) => {
      const turn = (): void => {
        if (fired || ++turns > FAR) resolve();
        else macrotask(turn);
      };
      turn();
    });
    expect(fired).toBe(true);
    expect(turns).toBeGreaterThan(0);
  });
});
