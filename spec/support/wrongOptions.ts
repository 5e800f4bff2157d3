/** Values that no option takes which is a … */
const NO_TEXT = [null, 5, true, {}, []];
const NO_NAME = [...NO_TEXT, ''];
const NO_SWITCH = [null, 0, 1, '', 'yes', {}];
const NO_FUNCTION = [null, 5, '', 'f', {}];
const NO_NUMBER = [null, '', '5', true, {}, [], NaN, -1];
const NO_MS = [...NO_NUMBER, 0];
const NO_COUNT = [...NO_NUMBER, 0.5];
const NO_WORD = [null, 5, '', 'other', {}];

/**
 * Of each option of this name, wherever it is, what it does not take: each kind of value that somebody may hand in by mistake. An
 * option that means something else elsewhere stands there with its place, as in `toOperator(options).output`.
 */
export const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  as: NO_WORD,
  at: [null, 5, '', '2026-01-05', new Date(NaN)],
  asyncContext: NO_WORD,
  backoff: NO_NUMBER,
  by: NO_TEXT,
  codec: [null, 5, '', {}, () => true],
  concurrent: [...NO_COUNT, 0],
  config: [null, 5, '', [], new Map()],
  critical: NO_SWITCH,
  data: [null, 5, '', [], new Map()],
  delayMs: NO_NUMBER,
  detached: NO_SWITCH,
  emitMode: NO_WORD,
  emits: NO_NAME,
  entry: NO_NAME,
  errorHandler: [null, 5, '', {}, { strategy: 'retry' }],
  events: [null, 5, '', [], new Map()],
  executionStrategy: NO_WORD,
  executionTimeoutMs: NO_MS,
  fallback: NO_NAME,
  flow: [null, 5, '', {}],
  flowId: NO_NAME,
  handler: NO_FUNCTION,
  history: NO_COUNT,
  horizonMs: NO_MS,
  isolation: NO_WORD,
  jitter: [...NO_NUMBER, 1.1, Infinity],
  jobId: NO_NAME,
  keep: NO_SWITCH,
  maxDelayMs: NO_NUMBER,
  maxDepth: [...NO_COUNT, 0],
  maxJobs: [...NO_COUNT, 0],
  maxPendingJobs: NO_COUNT,
  maxQueued: [...NO_COUNT, 0],
  maxRetries: NO_COUNT,
  maxSteps: [...NO_COUNT, 0],
  maxString: NO_COUNT,
  maxWorkers: [...NO_COUNT, 0, Infinity],
  merge: NO_WORD,
  metrics: NO_SWITCH,
  newId: NO_FUNCTION,
  onJobError: NO_FUNCTION,
  onProgress: NO_FUNCTION,
  orThrow: NO_SWITCH,
  output: [null, 5, '', {}, [], { nxt: () => undefined }, { next: 5 }],
  outputs: [null, 5, '', [], { total: {} }],
  'toOperator(options).output': [...NO_NAME, 's'],
  overflow: NO_WORD,
  parent: [null, 5, '', {}],
  paused: NO_SWITCH,
  pausedLimit: NO_COUNT,
  random: NO_FUNCTION,
  reason: NO_TEXT,
  remap: [null, 5, '', [], { s: 5 }, { s: null }, { a: 's', b: 's' }],
  replay: NO_SWITCH,
  retryOn: [null, 5, '', {}, [5], ['Error']],
  run: [null, 5, '', [], () => undefined],
  schema: [null, 5, '', [], new Map()],
  scheduler: [null, 5, '', {}],
  seed: [null, '', '5', true, {}, NaN, 0.5, Infinity],
  signal: [null, 5, '', {}, new AbortController()],
  slots: [null, 5, '', [], new Map()],
  state: [null, 5, '', [], { n: 0 }],
  strategy: NO_WORD,
  then: [...NO_WORD, 'retry'],
  timeoutEvent: [...NO_NAME, 'nowhere'],
  timeoutMs: NO_MS,
  'Job.waitForCompletion(options).timeoutMs': NO_NUMBER,
  'JobState.waitForCompletion(options).timeoutMs': NO_NUMBER,
  token: NO_NAME,
  type: NO_NAME,
  unhandledErrors: NO_WORD,
  wait: NO_SWITCH,
  'toMarbleTest(options).flow': NO_TEXT,
  imports: NO_TEXT,
  name: NO_TEXT,
  unitMs: NO_MS,
};

/** What any value may be. */
export const ANY: readonly string[] = ['checkpoint', 'question'];
