import { isCodec } from '../flow/Codec.js';
import type { Known } from '../flow/checkOption.js';
import type { Data } from '../flow/Data.js';
import { defined } from '../prelude/pick.js';
import { copyDeep } from '../prelude/plainObject.js';

/**
 * A question that a job waits for (`ctx.waitFor`), as whoever answers sees it.
 *
 * @example
 * for (const { token, question } of job.waits) job.answer(token, await ask(question));
 */
export interface Wait {
  /** Its name, the only one among the open questions of the job: what `job.answer` takes. A name and no secret: it grants nothing. */
  readonly token: string;
  /** The routine that asks. */
  readonly routineId: string;
  /** The event on which the answer goes out; none if it goes to a slot. */
  readonly event?: string;
  /** The slot of the routine that gets the answer; none if it goes out on an event. */
  readonly slot?: string;
  /** What is asked, in whatever form the routine has given it. */
  readonly question?: unknown;
  /** What goes with it, for whoever answers; a slot gets it back with the answer. */
  readonly data?: Data;
  /** What an answer has to be: a codec, or a JSON Schema, which is not checked. */
  readonly schema?: unknown;
  /** Where the timeout goes, if that is another event. */
  readonly timeoutEvent?: string;
  /** When it was asked. */
  readonly since: Date;
  /** When it is closed without an answer. */
  readonly until?: Date;
}

/** What is told with an answer. */
export interface AnswerOptions {
  /** Who answers, for whoever gets the answer. @default none */
  readonly by?: string | undefined;
}

export const ANSWER_OPTIONS: Known<AnswerOptions> = { by: true };

/** The same as the job keeps it, its times as epoch ms. */
export interface OpenWait {
  readonly token: string;
  readonly routineId: string;
  readonly event: string | undefined;
  readonly slot: string | undefined;
  readonly question: unknown;
  readonly data: Data | undefined;
  readonly schema: unknown;
  readonly timeoutEvent: string | undefined;
  readonly since: number;
  readonly until: number | undefined;
}

/** Shared by all jobs that have none, and never written. */
export const NO_WAITS: ReadonlyMap<string, OpenWait> = new Map();
export const NO_ANSWERS: ReadonlySet<string> = new Set();

/** A copy for a reader, with what there is of it. */
export const showWait = ({ since, until, question, data, schema, ...wait }: OpenWait): Wait =>
  defined({
    ...wait,
    question: copyDeep(question),
    data: copyDeep(data),
    schema: isCodec(schema) ? schema : copyDeep(schema),
    since: new Date(since),
    until: until === undefined ? undefined : new Date(until),
  });
