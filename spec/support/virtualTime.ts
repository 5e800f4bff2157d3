import { VirtualTimeScheduler } from 'rxjs';
import { slices } from '../../lib/engine/slices.js';

/** A clock that a spec moves by hand, for handlers that await: between two instants every promise gets its turn. */
export interface VirtualTime {
  readonly scheduler: VirtualTimeScheduler;
  /** Lets this many ms pass, with everything that is due in them. */
  advance(ms: number): Promise<void>;
  /** Goes on until nothing is scheduled any more. */
  exhaust(): Promise<void>;
  /** Resolves after virtual time, in ms. */
  sleep(ms: number): Promise<void>;
  /** How many timers wait. */
  readonly timers: number;
}

const MOST = 100;

/**
 * One turn of the event loop: what was resolved or rejected by now has been answered after it. On a machine under load the time of
 * a flow may be up before it has run all that it could: then as many turns as it takes.
 */
export const turn = async (): Promise<void> => {
  for (let left = MOST; left > 0; left--) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (!slices.isAwaited()) return;
  }
};

/** With a scheduler given it is that one's time. */
export const virtualTime = (scheduler = new VirtualTimeScheduler()): VirtualTime => {
  const runDue = async (until: number): Promise<void> => {
    await turn();
    for (let next = scheduler.actions[0]; next !== undefined && next.delay <= until; next = scheduler.actions[0]) {
      scheduler.maxFrames = next.delay;
      scheduler.flush();
      await turn();
    }
  };
  return {
    scheduler,
    advance: async (ms) => {
      const until = scheduler.frame + ms;
      await runDue(until);
      scheduler.frame = until;
    },
    exhaust: () => runDue(Infinity),
    sleep: (ms) =>
      new Promise(
        (resolve) =>
          void scheduler.schedule(() => {
            resolve();
          }, ms),
      ),
    get timers() {
      return scheduler.actions.length;
    },
  };
};
