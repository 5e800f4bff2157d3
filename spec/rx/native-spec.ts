import { NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { FlowError } from '../../lib/index.js';
import { toNative } from '../../lib/rx/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { endOf, newFate, PlatformObservable, reading, watched$ } from './sources.js';

const platform = globalThis as { Observable?: unknown };

/** Subscribes as users of the platform do, and notes what is told. */
const told = (native: ReturnType<typeof toNative>, signal: AbortSignal = new AbortController().signal): string[] => {
  const log: string[] = [];
  const observer = {
    next: (value: unknown) => void log.push(JSON.stringify(value)),
    error: (error: unknown) => void log.push(`error ${String(error)}`),
    complete: () => void log.push('complete'),
  };
  native.subscribe(observer, { signal });
  return log;
};

describe('toNative, where the platform has observables (issue 4)', () => {
  beforeEach(() => {
    platform.Observable = PlatformObservable;
  });

  afterEach(() => {
    delete platform.Observable;
  });

  it('should give one of the platform', () => {
    expect(toNative(NEVER)).toBeInstanceOf(PlatformObservable);
  });

  it('should emit what the view emits, in the same turn, and its end', () => {
    const source$ = new Subject<number>();
    const log = told(toNative(source$));
    source$.next(1);
    expect(log).toEqual(['1']);
    source$.next(2);
    source$.complete();
    expect(log).toEqual(['1', '2', 'complete']);
  });

  it.each<[string, Observable<number>, readonly string[]]>([
    ['an end at once', of(), ['complete']],
    ['values at once', of(1, 2), ['1', '2', 'complete']],
    ['an error', throwError(() => new Error('boom')), ['error Error: boom']],
    ['nothing', NEVER, []],
  ])('should tell of %s', (_, source$, log) => {
    expect(told(toNative(source$))).toEqual(log);
  });

  it('should be cold: each subscription is one of the view, and none before', () => {
    const fate = newFate();
    const native = toNative(watched$(fate));
    expect(fate.asked).toBe(0);
    told(native);
    told(native);
    expect(fate).toEqual({ asked: 2, left: 0 });
  });

  it('should unsubscribe from the view once where the signal aborts, and tell nothing after that', () => {
    const source$ = new Subject<number>();
    const abort = new AbortController();
    const log = told(toNative(source$), abort.signal);
    source$.next(1);
    abort.abort();
    expect(source$.observed).toBe(false);
    source$.next(2);
    expect(log).toEqual(['1']);
  });

  it('should not subscribe where the signal has been aborted before', () => {
    const fate = newFate();
    expect(told(toNative(watched$(fate)), AbortSignal.abort())).toEqual([]);
    expect(fate.asked).toBe(0);
  });

  it('should unsubscribe from a view that has ended', () => {
    const fate = newFate();
    const source$ = new Observable<number>((observer) => {
      observer.add(() => void fate.left++);
      observer.complete();
    });
    told(toNative(source$));
    expect(fate.left).toBe(1);
  });

  it('should unsubscribe from a view that emits at once, in the middle of it', () => {
    const abort = new AbortController();
    let made = 0;
    const many$ = new Observable<number>((observer) => {
      for (let n = 0; n < 1_000 && !observer.closed; n++) {
        made++;
        observer.next(n);
      }
    });
    toNative(many$).subscribe(
      { next: () => void abort.abort(), error: () => undefined, complete: () => undefined },
      { signal: abort.signal },
    );
    expect(made).toBe(1);
  });

  it('should show a job, which goes on where nobody watches any more', async () => {
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } } });
    const job = flow.start('s');
    const abort = new AbortController();
    const all = told(toNative(job.event$('s.o')));
    const none = told(toNative(job.event$('s.o')), abort.signal);
    abort.abort();
    expect(await endOf(job)).toBe('completed');
    expect({ all, none }).toEqual({ all: ['{"n":1}', '{"n":2}', 'complete'], none: [] });
  });

  it('should come back as a source of another job', async () => {
    const { flow: reader, log } = reading(toNative(of(1, 2)));
    expect(await endOf(reader.start('s'))).toBe('completed');
    expect(log).toEqual([{ value: 1 }, { value: 2 }]);
  });
});

describe('toNative, where the platform has none', () => {
  it('should be refused at once, with the remedy', () => {
    expect('Observable' in globalThis).toBe(false);
    const error = ours(thrown(() => toNative(NEVER)));
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code: 'UNSUPPORTED' });
    for (const word of ['toNative', 'globalThis.Observable', 'RxJS']) expect(error.message).toContain(word);
  });
});
