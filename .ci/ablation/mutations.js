// One part of the engine taken away per entry. `from` stands exactly once in `file`; a spec of `specs` has to fail with `to` instead.
// Whoever changes such a line changes it here, too.

import { foldMutations } from './fold.js';

const COMPLETION = ['engine/JobRun', 'engine/Context'];
const WORKERS = ['engine/Engine'];

export const mutations = [
  // ── the stream ────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    what: 'EventSubject.next does nothing',
    file: 'lib/engine/EventSubject.ts',
    from: 'observers[at]?.next(value);',
    to: 'void observers[at];',
    specs: COMPLETION,
  },
  {
    what: 'the pipe of the last connection is left out',
    file: 'lib/engine/Plan.ts',
    from: 'routes.map((route) => emission$',
    to: 'routes.slice(0, -1).map((route) => emission$',
    specs: COMPLETION,
  },
  {
    what: 'a retry without a delay is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'else this.engine.task$.next(task);\n  }\n\n  #armRetry',
    to: '}\n\n  #armRetry',
    specs: ['engine/settle'],
  },
  {
    what: 'a retry that is due is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'this.engine.task$.next(due.task);',
    to: '',
    specs: ['engine/Engine'],
  },
  {
    what: 'a retry that came due while its job was paused is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'this.engine.task$.next(task);\n    this.#armRetries();',
    to: 'void task;\n    this.#armRetries();',
    specs: ['Flow-resume', 'journeys/retry'],
  },
  {
    what: 'an entry is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'this.engine.task$.next(new Task(new Arrival<JobRun>(this, this.options.params, 0), entry.direct[0] as Route));',
    to: '',
    specs: COMPLETION,
  },
  {
    what: 'a value of a feed is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'this.engine.task$.next(new Task(arrival, inlet.direct[0] as Route));',
    to: '',
    specs: ['rx/feed'],
  },
  {
    what: 'a deferred event is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'else this.#emitNow(outlet, each.data);',
    to: '',
    specs: ['Flow-resume'],
  },
  {
    what: 'a task that is taken up is not put into the stream',
    file: 'lib/engine/JobRun.ts',
    from: 'if (dueAt === undefined) this.engine.task$.next(task);',
    to: 'if (dueAt === undefined) return;',
    specs: ['Flow-resume'],
  },

  // ── the thread pool ───────────────────────────────────────────────────────────────────────────────────────────────
  {
    what: 'mergeMap gets no limit',
    file: 'lib/engine/pipeline.ts',
    from: 'mergeMap((worker: Hired) => worker.attempt$, size)',
    to: 'mergeMap((worker: Hired) => worker.attempt$)',
    specs: WORKERS,
  },
  {
    what: 'mergeMap gets half of the workers as its limit',
    file: 'lib/engine/pipeline.ts',
    from: 'mergeMap((worker: Hired) => worker.attempt$, size)',
    to: 'mergeMap((worker: Hired) => worker.attempt$, Math.ceil(size / 2))',
    specs: WORKERS,
  },

  // ── buffered toggling ─────────────────────────────────────────────────────────────────────────────────────────────
  {
    what: 'a closed gate announces its job all the same',
    file: 'lib/engine/gate.ts',
    from: 'if (run.isOpen && !run.inRing)',
    to: 'if (!run.inRing)',
    specs: ['engine/gate'],
  },
  {
    what: 'the gate never reopens',
    file: 'lib/engine/gate.ts',
    from: 'run.isOpen = open;',
    to: 'run.wasClosed ||= !open;\n  run.isOpen = open && !run.wasClosed;',
    specs: ['engine/JobRun'],
  },

  // ── the idle stream ───────────────────────────────────────────────────────────────────────────────────────────────
  {
    what: 'idle fires one task early',
    file: 'lib/engine/JobRun.ts',
    from: 'return this.isOpen && (this.#waits > 0 ||',
    to: 'return this.isOpen && (this.#waits > 1 ||',
    specs: COMPLETION,
  },
  {
    what: 'idle never fires',
    file: 'lib/engine/idle.ts',
    from: 'if (!run.isBusy) this.rest$.next(run);',
    to: '',
    specs: ['engine/JobRun'],
  },

  // ── one writer ────────────────────────────────────────────────────────────────────────────────────────────────────
  ...foldMutations(),

  // ── the second looks: user code has run, so the job may have ended (D31) ───────────────────────────────────────────
  // An update that ends its job is refused what it gives, so the look is the one after that failure.
  {
    what: 'no second look after the updates of a commit',
    file: 'lib/engine/outcome.ts',
    from: 'attempt.settled = toldAs(outcomeWithoutRetry(attempt, attempt.error));\n  return attempt.outcome === undefined;',
    to: 'attempt.settled = toldAs(outcomeWithoutRetry(attempt, attempt.error));\n  return true;',
    specs: ['engine/outcome'],
  },
  {
    what: 'no second look after retryOn and random',
    file: 'lib/engine/outcome.ts',
    from: 'attempt.settled = failedWith(outcome, failure, delayMs);\n  return attempt.outcome === undefined;',
    to: 'attempt.settled = failedWith(outcome, failure, delayMs);\n  return true;',
    specs: ['engine/outcome'],
  },
  {
    what: 'no second look before the handler is called',
    file: 'lib/engine/activate.ts',
    from: 'if (target.handler === undefined || !attempt.isAtWork) return undefined;',
    to: 'if (target.handler === undefined) return undefined;',
    specs: ['engine/activate'],
  },
  {
    what: 'no second look before a slot holds what was merged',
    file: 'lib/engine/activate.ts',
    from: 'if (isAtWork) held(cell, ordinal, data);',
    to: 'void isAtWork;\n  held(cell, ordinal, data);',
    specs: ['engine/activate'],
  },
  {
    what: 'the look at an emitting attempt comes before its payload is read, and none after it',
    file: 'lib/engine/HandlerContext.ts',
    from: "const payload = isPlainObject(data) ? run.plan.isolate(data) : this.refusePayload(outlet, data);\n    this.checkAlive('emit');",
    to: "this.checkAlive('emit');\n    const payload = isPlainObject(data) ? run.plan.isolate(data) : this.refusePayload(outlet, data);",
    specs: ['engine/HandlerContext'],
  },
  {
    what: 'no second look after an update of the state',
    file: 'lib/engine/HandlerContext.ts',
    from: "this.checkAlive('setState');\n    if (this.isBuffering)",
    to: 'if (this.isBuffering)',
    specs: ['engine/HandlerContext'],
  },
  {
    what: 'user code runs inside a step',
    file: 'lib/engine/Steps.ts',
    from: 'if (this.#depth > 0) return;',
    to: '',
    specs: ['engine/Attempt'],
  },
];
