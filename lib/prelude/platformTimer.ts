import { asyncScheduler, Subscription, type Unsubscribable } from 'rxjs';
import { clockOf } from './Clock.js';
import { isFaked } from './faked.js';

/** How often somebody looks whether fake timers that others hang on are still there, in ms. */
const LOOK_MS = 50;

/** The timers of the platform; fake ones may take their place, and go, at any time. */
interface Pair {
  readonly setInterval: object;
  readonly clearInterval: (id: unknown) => void;
}

const platform = globalThis as unknown as Pair & { readonly AbortSignal: { timeout?(ms: number): AbortSignal } };

/** An action of RxJS, with what the platform knows it by. */
type Action = Subscription & { id?: unknown };

const clock = clockOf(asyncScheduler);

/** One timer of RxJS's default scheduler, which takes those of the platform. No closures of its own: they would keep the job before. */
class PlatformTimer implements Unsubscribable {
  readonly #due: number;
  #action: Action = Subscription.EMPTY;
  #pair: Pair = platform;

  constructor(
    private readonly work: () => void,
    delay: number,
  ) {
    this.#due = clock.elapsed() + delay;
    this.#arm(delay);
  }

  #arm(delay: number): void {
    const { setInterval, clearInterval } = platform;
    this.#pair = { setInterval, clearInterval };
    this.#action = asyncScheduler.schedule(ring, delay, this);
    // The legacy fake timers of jest are its mocks.
    if (isFaked(setInterval) || 'mock' in setInterval) hang(this);
  }

  /** What has set an interval has to clear it: RxJS would ask what there is now, and it would ring for ever. */
  unsubscribe(): void {
    hanging.delete(this);
    const action = this.#action;
    const { clearInterval } = this.#pair;
    if (clearInterval !== platform.clearInterval) {
      clearInterval(action.id);
      action.id = undefined;
    }
    action.unsubscribe();
  }

  ring(): void {
    this.unsubscribe();
    this.work();
  }

  /** Goes on without the fake timers that held it, if they are gone. It keeps no process: they did not either. */
  revive(): void {
    if (platform.setInterval === this.#pair.setInterval) return;
    this.unsubscribe();
    this.#arm(Math.max(this.#due - clock.elapsed(), 0));
    (this.#action.id as { unref?: () => void } | undefined)?.unref?.();
  }
}

const ring = (timer: PlatformTimer | undefined): void => timer?.ring();

/** Timers that fake ones hold. If these are thrown away, nobody rings them. */
const hanging = new Set<PlatformTimer>();
let isWatched = false;

const hang = (timer: PlatformTimer): void => {
  hanging.add(timer);
  watch();
};

/** By a timer that nobody fakes, and that keeps no process. */
const watch = (): void => {
  if (isWatched || hanging.size === 0) return;
  isWatched = true;
  platform.AbortSignal.timeout?.(LOOK_MS).addEventListener('abort', look);
};

const look = (): void => {
  isWatched = false;
  for (const timer of [...hanging]) timer.revive();
  watch();
};

/** Works after `delay` ms of the platform's time, be it real or that of fake timers; also if the one takes the place of the other meanwhile. */
export const platformTimer = (work: () => void, delay: number): Unsubscribable => new PlatformTimer(work, delay);
