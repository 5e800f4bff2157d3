import { currentContext } from '../engine/currentContext.js';
import type { Attempt } from '../engine/Attempt.js';

/** What of `node:async_hooks` is needed here. */
interface Hooks {
  createHook(callbacks: { init(id: number, type: string): void; before(id: number): void; destroy(id: number): void }): {
    enable(): void;
    disable(): void;
  };
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): Hooks | undefined };
}

/** What Node calls that which only the real world answers: timers, files, the network, other processes. */
const REAL = /^(Timeout|FSREQ|FSEVENT|STATWATCHER|TCP|UDP|TLS|PIPE|PROCESS|WORKER|GETADDRINFO|GETNAMEINFO|QUERY|HTTPCLIENT)/;

const isAtWork = (context: object): boolean => (context as Attempt).isAtWork;

/**
 * Sees which handlers wait for the real world, as far as the platform tells: Node from 20.16 on. Each is known by the async context in
 * which it asks.
 */
export class Outside {
  /** What has been asked for and not been answered, with the handler that asks. */
  readonly #open = new Map<number, object>();
  /** Handlers that an answer has come to. */
  readonly #answered = new Set<object>();
  readonly #hook: { enable(): void; disable(): void } | undefined;

  constructor() {
    const hooks = (globalThis as Platform).process?.getBuiltinModule?.('node:async_hooks');
    this.#hook = hooks?.createHook({
      init: (id, type) => {
        const context = REAL.test(type) ? currentContext() : undefined;
        if (context !== undefined) this.#open.set(id, context);
      },
      before: (id) => {
        const context = this.#open.get(id);
        if (context !== undefined && isAtWork(context)) this.#answered.add(context);
      },
      destroy: (id) => {
        this.#open.delete(id);
      },
    });
  }

  open(): void {
    this.#hook?.enable();
  }

  /** A handler at work that waits for the real world and for nothing else, or has done so; its place. */
  find(waitsInside: (context: object) => boolean): { readonly routineId: string; readonly slot: string } | undefined {
    for (const context of [...this.#answered, ...this.#open.values()])
      if (this.#answered.has(context) || (isAtWork(context) && !waitsInside(context))) return context as Attempt;
    return undefined;
  }

  close(): void {
    this.#hook?.disable();
    this.#open.clear();
    this.#answered.clear();
  }
}
