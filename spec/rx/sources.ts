import { Observable } from 'rxjs';
import { type Data, Flow, type FlowOptions, type Handler, type Job, type Routine, type SlotOptions } from '../../lib/index.js';
import { fromSource, type OpenSource, type Source } from '../../lib/rx/index.js';
import { routine } from '../support/flows.js';
import { until } from '../support/turns.js';
import { turn } from '../support/virtualTime.js';

/** How a job ended; `open` where it has not after many turns. */
export const endOf = async (job: Job): Promise<string> => {
  const isOver = await until(() => ['completed', 'failed', 'cancelled'].includes(job.status), 1_000);
  return isOver ? job.status : 'open';
};

export interface Reading {
  readonly flow: Flow;
  readonly source: Routine;
  readonly target: Routine;
  /** What has come to the slot behind the source. */
  readonly log: Data[];
}

export interface ReadingOptions extends FlowOptions {
  /** What the slot behind the source does with a payload, once that is noted. */
  readonly work?: Handler | undefined;
  readonly slot?: SlotOptions | undefined;
}

/** A flow that reads a source: `s.output -> t.i`. */
export const reading = <T>(from: Source<T> | OpenSource<T>, { work, slot, ...options }: ReadingOptions = {}): Reading => {
  const log: Data[] = [];
  const i: Handler = function (data, ctx) {
    log.push(data);
    return work?.call(this, data, ctx);
  };
  const flow = new Flow({ flowId: 'f', ...options });
  const source = fromSource('source', from);
  const target = routine({ slots: { i: [i, slot ?? {}], trigger: () => undefined } });
  flow.addRoutine(source, 's');
  flow.addRoutine(target, 't');
  flow.connect('s', 'output', 't', 'i');
  return { flow, source, target, log };
};

/** What happened to a source. */
export interface Fate {
  /** How many values it was asked for. */
  asked: number;
  /** How often it was unsubscribed from before its end. */
  left: number;
}

export const newFate = (): Fate => ({ asked: 0, left: 0 });

/** 0, 1, 2, … as a plain iterable, to be counted; it never ends unless it is told after how many. */
export const counter = (fate: Fate, end = Infinity, from = 0): Iterable<number> => ({
  [Symbol.iterator]: () => {
    let n = from;
    const next = (): IteratorResult<number> => (
      fate.asked++,
      n < end ? { done: false, value: n++ } : { done: true, value: undefined }
    );
    return { next, return: () => (fate.left++, { done: true, value: undefined }) };
  },
});

/** The same, each value a microtask later. */
export const asyncCounter = (fate: Fate, end = Infinity, from = 0): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => {
    const iterator = counter(fate, end, from)[Symbol.iterator]();
    return {
      next: () => Promise.resolve(iterator.next()),
      return: () => Promise.resolve(iterator.return?.() ?? { done: true, value: undefined }),
    };
  },
});

/** The same, each value a turn of the event loop later. */
export const turnCounter = (fate: Fate): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => {
    const iterator = counter(fate)[Symbol.iterator]();
    const next = async (): Promise<IteratorResult<number>> => {
      const step = iterator.next();
      await turn();
      return step;
    };
    return { next };
  },
});

/** An async iterable that never has anything: what is asked for is never answered. */
export const silent = (fate: Fate): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => (fate.asked++, new Promise(() => undefined)),
    return: () => (fate.left++, Promise.resolve({ done: true, value: undefined })),
  }),
});

type Face = Partial<Record<'next' | 'error' | 'complete', (value?: unknown) => void>>;

interface NativeSubscriber {
  readonly active: boolean;
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
  addTeardown(teardown: () => void): void;
}

/** The observable of the platform, as far as its contract goes here: no `pipe`, a signal in place of a subscription, teardowns. */
export class PlatformObservable {
  readonly [Symbol.toStringTag] = 'Observable';

  constructor(private readonly produce: (subscriber: NativeSubscriber) => void) {}

  subscribe(observer: Face | ((value: unknown) => void) = {}, { signal }: { signal?: AbortSignal } = {}): void {
    const face: Face = typeof observer === 'function' ? { next: observer } : observer;
    const teardowns: (() => void)[] = [];
    let active = signal?.aborted !== true;
    const close = (): void => {
      if (!active) return;
      active = false;
      for (const teardown of teardowns.splice(0).reverse()) teardown();
    };
    const finish = (tell: () => void): void => {
      if (!active) return;
      close();
      tell();
    };
    if (!active) return;
    signal?.addEventListener('abort', close);
    this.produce({
      get active() {
        return active;
      },
      next: (value) => {
        if (active) face.next?.(value);
      },
      error: (error) => {
        finish(() => face.error?.(error));
      },
      complete: () => {
        finish(() => face.complete?.());
      },
      addTeardown: (teardown) => {
        if (active) teardowns.push(teardown);
        else teardown();
      },
    });
  }
}

/** An observable that never emits, and counts how often it is unsubscribed from. */
export const watched$ = (fate: Fate): Observable<number> =>
  new Observable(() => {
    fate.asked++;
    return () => void fate.left++;
  });
