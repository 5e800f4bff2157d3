import { isCodec } from '../flow/Codec.js';
import { checkKnown, checkOption, checkText } from '../flow/checkOption.js';
import { checkData } from '../flow/Data.js';
import { flowError } from '../flow/FlowError.js';
import { LAST } from '../flow/instantOf.js';
import { WAIT_FOR_OPTIONS, type WaitForOptions, type WaitPlace } from '../flow/TaskContext.js';
import type { TaskOutcome } from '../job/JobRecord.js';
import { jobError } from '../job/JobError.js';
import type { OpenWait } from '../job/Wait.js';
import { eventFor } from '../plan/eventNamed.js';
import type { Routine } from '../plan/Plan.js';
import { copyGiven, isPlainObject } from '../prelude/plainObject.js';
import { dueOf } from './dueOf.js';
import type { Effects } from './Effects.js';

type Clocked = Parameters<typeof dueOf>[0];

/** A job as its open questions are looked at. */
interface TokenedJob {
  readonly ledger: { readonly data: { readonly jobId: string; readonly waits: ReadonlyMap<string, OpenWait> } };
  /** Whether a question is open under a token: in this job, or in another one that shares its tokens. */
  asks(token: string): boolean;
}

/** A job as one of its attempts asks something. */
interface AskedJob extends Clocked, TokenedJob {
  readonly ledger: Clocked['ledger'] & TokenedJob['ledger'];
  readonly engine: Clocked['engine'] & { readonly drain: { change(work: () => void): void } };
  readonly asking: { open(wait: OpenWait): void };
  readonly life: { readonly isOver: boolean };
}

interface Tokened {
  readonly run: { readonly parts: TokenedJob };
  readonly more: { refusal?: Error };
}

/** An attempt as it asks something. */
interface Asking extends Tokened {
  readonly run: { readonly parts: AskedJob };
  readonly connection: { readonly slot: { readonly routine: Routine } };
  readonly routineId: string;
  readonly taskId: string;
  readonly outcome: TaskOutcome | undefined;
  readonly stale: boolean;
  readonly rare: { readonly tracking?: number };
  readonly more: { asked?: number; refusal?: Error };
  readonly effects: Effects;
  checkAlive(call: string): void;
  checkSerialisable(value: unknown, where: () => string): void;
}

/**
 * Asks a question; it counts when the attempt succeeds. Gives its token.
 *
 * @throws FlowError `UNKNOWN_EVENT`, `UNKNOWN_SLOT`, `BAD_OPTION`, `BAD_PAYLOAD`, `NOT_SERIALISABLE`; JobError `TOKEN_IN_USE`
 */
export const waitFor = (attempt: Asking, to: WaitPlace, options: WaitForOptions): string => {
  const { parts } = attempt.run;
  attempt.checkAlive('waitFor');
  const wait = waitOf(attempt, to, options);
  // The clock, and getters of what is asked, may be the user's (D31).
  attempt.checkAlive('waitFor');
  const { token } = wait;
  if (parts.asks(token) || attempt.effects.tokens.has(token)) refuseToken(attempt, token);
  attempt.more.asked = (attempt.more.asked ?? 0) + 1;
  if (attempt.outcome === undefined || (attempt.rare.tracking ?? 0) > 0) attempt.effects.ask(wait);
  else openNow(attempt, wait);
  return token;
};

/** Its task has succeeded already. The clock may be the user's, and have ended the job, or asked under this token (D31). */
const openNow = (attempt: Asking, wait: OpenWait): void => {
  const { parts } = attempt.run;
  let isOpen = false;
  parts.engine.drain.change(() => {
    isOpen = !(parts.life.isOver || attempt.stale || parts.asks(wait.token));
    if (isOpen) parts.asking.open(wait);
  });
  if (isOpen) return;
  attempt.checkAlive('waitFor');
  refuseToken(attempt, wait.token);
};

/** A token stands for one question at a time; its task is not tried again. */
const refuseToken = ({ more, run }: Tokened, token: string): never => {
  const error = jobError('TOKEN_IN_USE', { jobId: run.parts.ledger.data.jobId, token });
  // A handler may catch it, and fail of something else.
  more.refusal = error;
  throw error;
};

/** Looks again, when the attempt has succeeded: another one may have asked under the same token. @throws JobError `TOKEN_IN_USE` */
export const checkTokens = (attempt: Tokened, { tokens }: Pick<Effects, 'tokens'>): void => {
  for (const token of tokens) if (attempt.run.parts.asks(token)) refuseToken(attempt, token);
};

const waitOf = (attempt: Asking, to: WaitPlace, options: WaitForOptions): OpenWait => {
  const { parts } = attempt.run;
  const { routine } = attempt.connection.slot;
  const {
    token = nextToken(attempt),
    question,
    data,
    schema,
    timeoutMs = Infinity,
    timeoutEvent,
  } = checkKnown(options, WAIT_FOR_OPTIONS);
  const place = placeIn(routine, to);
  checkToken(token);
  checkSchema(schema);
  const otherEvent = timeoutEvent === undefined ? undefined : eventFor(routine, timeoutEvent).name;
  const until = untilOf(parts, timeoutMs);
  const asked = {
    question,
    schema: isCodec(schema) ? undefined : schema,
    data: data === undefined ? undefined : checkData(data, where(attempt)),
  };
  attempt.checkSerialisable(asked, where(attempt));
  return {
    token,
    routineId: attempt.routineId,
    ...place,
    ...copyGiven(asked, true),
    ...(isCodec(schema) && { schema }),
    timeoutEvent: otherEvent,
    since: parts.ledger.now,
    until,
  };
};

const where =
  ({ routineId }: Asking) =>
  (): string =>
    `A question of routine '${routineId}'`;

const nextToken = ({ taskId, more }: Asking): string => `${taskId}#${String(more.asked ?? 0)}`;

const placeIn = (routine: Routine, to: WaitPlace): Pick<OpenWait, 'event' | 'slot'> => {
  if (!isSlotPlace(to)) return { event: eventFor(routine, to).name, slot: undefined };
  const { slot } = to;
  if (routine.slots.has(slot)) return { event: undefined, slot };
  throw flowError('UNKNOWN_SLOT', { routineId: routine.id, slot, known: [...routine.slots.keys()] });
};

const isSlotPlace = (to: WaitPlace): to is { readonly slot: string } => isPlainObject(to) && 'slot' in to;

const checkToken = (token: string): void => {
  checkText('token', token);
  checkOption('token', token, token !== '', 'a string that is not empty');
};

const checkSchema = (schema: unknown): void => {
  checkOption(
    'schema',
    schema,
    schema === undefined || isCodec(schema) || isPlainObject(schema),
    'a codec, or a JSON Schema as an object',
  );
};

const untilOf = (parts: Clocked, timeoutMs: number): number | undefined => {
  if (timeoutMs === Infinity) return undefined;
  const isFine = typeof timeoutMs === 'number' && timeoutMs > 0 && parts.ledger.now + timeoutMs <= LAST;
  checkOption('timeoutMs', timeoutMs, isFine, 'a number of ms above 0 that ends at a time a Date can tell, or Infinity');
  return dueOf(parts, { delayMs: timeoutMs })?.at ?? parts.ledger.now;
};
