// Marble test: time is an argument of the flow. Under the TestScheduler of RxJS a second passes at once, and a diagram
// says when what is emitted: the handler fails at 0, is tried again a second later, and answers after 3 ms more.
//
// prints:
//   ends as drawn, at 1003 ms of virtual time
import { deepStrictEqual } from 'node:assert';
import { filter, map, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { ErrorHandler, Flow, Routine } from 'routilux';

const scheduler = new TestScheduler((actual, expected) => deepStrictEqual(actual, expected));

scheduler.run(({ cold, expectObservable }) => {
  const oracle = new Routine();
  oracle.defineEvent('answer');
  oracle.defineSlot(
    'trigger',
    (_, { attempt }) => (attempt === 1 ? throwError(() => new Error('not now')) : cold('---(a|)', { a: { value: 42 } })),
    { emits: 'answer' },
  );
  oracle.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 1_000 }));

  const flow = new Flow({ scheduler });
  flow.addRoutine(oracle, 'oracle');

  const answer$ = flow.run$('oracle').pipe(
    filter((record) => record.type === 'emitted'),
    map(({ data }) => data['value']),
  );
  expectObservable(answer$).toBe('1s ---(a|)', { a: 42 });
});

console.log(`ends as drawn, at ${String(scheduler.now())} ms of virtual time`);
