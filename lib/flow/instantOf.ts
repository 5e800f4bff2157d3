import { isObject } from '../prelude/has.js';
import { checkOption } from './checkOption.js';
import type { EmitOptions } from './TaskContext.js';

/** The last instant that a Date can tell, epoch ms. */
export const LAST = 8.64e15;

/** The instant that a delay or a date means, epoch ms. @throws FlowError `BAD_OPTION` */
export const instantOf = ({ delayMs, at }: EmitOptions, now: number): number =>
  at === undefined ? now + checkDelay(delayMs as number, now) : checkInstant(at, delayMs);

const checkDelay = (delayMs: number, now: number): number =>
  checkOption(
    'delayMs',
    delayMs,
    typeof delayMs === 'number' && delayMs >= 0 && now + delayMs <= LAST,
    'a number of ms, 0 or more, that ends at a time a Date can tell',
  );

const checkInstant = (at: Date, delayMs: number | undefined): number => {
  checkOption('at', at, delayMs === undefined, 'no `at` beside `delayMs`: one of the two');
  const instant = isDate(at) ? at.getTime() : NaN;
  checkOption('at', at, !Number.isNaN(instant), 'a valid Date');
  return instant;
};

/** Also one of another realm. */
const isDate = (at: unknown): at is Date => isObject(at) && Object.prototype.toString.call(at) === '[object Date]';
