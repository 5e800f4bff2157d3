import { type TestingError, testingError } from './TestingError.js';

interface Capturing {
  captureStackTrace?(target: object, below: (...args: never[]) => unknown): void;
}

/** The place of a call of the kit: an error whose stack begins there, if the platform can do it. */
export const placeOf = (called: (...args: never[]) => unknown): Error => {
  const here = new Error('expected here');
  (Error as unknown as Capturing).captureStackTrace?.(here, called);
  return here;
};

const FRAME = /(?:^|[\s(@])([^\s()@]+:\d+):\d+\)?$/;

const framesOf = ({ stack = '' }: Error): readonly string[] => stack.split('\n').filter((line) => FRAME.test(line));

/** File and line, as in `spec/retry-spec.ts:12`; empty if the platform tells nothing. */
const lineOf = (here: Error): string => FRAME.exec(framesOf(here)[0] ?? '')?.[1] ?? '';

/** The error of expectations that do not hold; it points at the first of them. */
export const unlike = (faults: readonly { readonly here: Error; readonly report: string }[]): TestingError => {
  const texts = faults.map(({ here, report }) => `The marbles differ from what is expected at ${lineOf(here)}\n\n${report}`);
  const error = testingError('UNLIKE', { report: texts.join('\n\n') });
  const frames = faults[0] === undefined ? [] : framesOf(faults[0].here);
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
};
