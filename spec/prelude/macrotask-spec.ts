import { macrotask, type Macrotask } from '../../lib/prelude/macrotask.js';

/** Far more turns than any timer of 0 ms needs: who lets timers run never gets there. */
const FAR = 1_000_000;

/** The module as a platform finds it that lacks some of the globals, or has others. */
const on = (platform: Record<string, unknown>): Macrotask => {
  const before = Object.keys(platform).map((name) => [name, Reflect.get(globalThis, name)] as const);
  for (const [name, value] of Object.entries(platform)) Reflect.set(globalThis, name, value);
  let chosen: Macrotask = () => undefined;
  jest.isolateModules(() => {
    ({ macrotask: chosen } = jest.requireActual<{ macrotask: Macrotask }>('../../lib/prelude/macrotask.js'));
    // The choice falls at the first call.
    chosen(() => undefined);
  });
  for (const [name, value] of before) Reflect.set(globalThis, name, value);
  return chosen;
};

/** A channel that delivers a message in a macrotask, and holds no port open. */
class Channel {
  readonly port1: { onmessage: (() => void) | null } = { onmessage: null };
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
];

describe('macrotask', () => {
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
