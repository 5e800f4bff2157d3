import { Observable } from 'rxjs';
import type { Data, Routine } from '../../../lib/index.js';
import { fromOperator, fromSource } from '../../../lib/rx/index.js';
import type { Ground } from './Ground.js';

const DONE = { done: true, value: undefined } as const;

/** A stream of the user is closed in the end, if it was opened. */
const opened = (ground: Ground): (() => void) => {
  let isOpen = true;
  ground.open++;
  return () => {
    if (isOpen) ground.open--;
    isOpen = false;
  };
};

/** So many values, one at a time; none any more on calm ground. */
const valuesOn = (ground: Ground, count: number): (() => IteratorResult<object, undefined>) => {
  let left = count;
  return () => {
    ground.poke('next');
    return left-- > 0 && !ground.calm ? { done: false, value: ground.payload() } : DONE;
  };
};

export const iterableOn = (ground: Ground, count: number): Iterable<object> => ({
  [Symbol.iterator]: () => ({
    next: valuesOn(ground, count),
    return: () => {
      ground.poke('return');
      return DONE;
    },
  }),
});

const asyncIterableOn = (ground: Ground, count: number): AsyncIterable<object> => ({
  [Symbol.asyncIterator]: () => {
    const next = valuesOn(ground, count);
    return {
      next: async () => {
        await ground.sleep(1);
        return next();
      },
      return: async () => {
        ground.poke('return');
        return DONE;
      },
    };
  },
});

/** So many values at once, and a last one later. */
export const streamOn = (ground: Ground, count: number): Observable<object> =>
  new Observable((observer) => {
    ground.poke('open');
    const close = opened(ground);
    for (let left = count; left > 0 && !ground.calm; left--) observer.next(ground.payload());
    const timer = ground.clock.time.schedule(() => {
      observer.next(ground.payload());
      observer.complete();
    }, 1);
    return () => {
      close();
      timer.unsubscribe();
      ground.poke('teardown');
    };
  });

/** The stream of a handler: begins to work when it is subscribed to, and ends after some ms. */
export const workingOn = (ground: Ground, ms: number, work: (give: () => void) => void, left: () => void): Observable<object> =>
  new Observable((observer) => {
    ground.poke('open');
    const close = opened(ground);
    const timer = ground.clock.time.schedule(() => {
      try {
        work(() => {
          observer.next(ground.payload());
        });
        observer.complete();
      } catch (error) {
        observer.error(error);
      }
    }, ms);
    return () => {
      close();
      timer.unsubscribe();
      left();
    };
  });

/** Hands on what it gets, at once or later, and one more at its end. */
const operated = (ground: Ground, input$: Observable<Data>): Observable<Data> =>
  new Observable((observer) => {
    ground.poke('operate');
    const close = opened(ground);
    const giveLater = (value: Data): void => {
      ground.clock.time.schedule(() => {
        observer.next(value);
      }, 1);
    };
    const inner = input$.subscribe({
      next: (value) => {
        ground.poke('operate');
        if (ground.mess.operator === 'late') giveLater(value);
        else observer.next(value);
      },
      error: (error: unknown) => {
        observer.error(error);
      },
      complete: () => {
        ground.poke('flush');
        observer.next(ground.payload());
        observer.complete();
      },
    });
    return () => {
      close();
      inner.unsubscribe();
      ground.poke('leaveOperator');
    };
  });

export const operatorOn = (ground: Ground): Routine =>
  fromOperator('op', (input$: Observable<Data>) => operated(ground, input$), {
    replay: ground.mess.operator === 'replay',
  });

const SOURCES = { iterator: iterableOn, async: asyncIterableOn, observable: streamOn };

export const sourceOn = (ground: Ground, kind: keyof typeof SOURCES): Routine =>
  fromSource<object>('src', (cursor, _params) => {
    ground.poke('open');
    return SOURCES[kind](ground, Math.max(2 - cursor, 0));
  });
