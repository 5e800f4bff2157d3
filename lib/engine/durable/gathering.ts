import type { Gathered } from '../../flow/merge.js';
import type { Gathering } from '../../job/Step.js';
import { setOwn } from '../../prelude/plainObject.js';

/** How long the list of each key is, and its last value: the one that has come. */
export const arrivedIn = ({ parts }: Gathered): Readonly<Record<string, Gathering>> => {
  const arrived: Record<string, Gathering> = {};
  for (const [key, list, length] of parts) setOwn(arrived, key, { length, value: list[length - 1] });
  return arrived;
};

/** What has come was not to come: it is the last of each list still. */
export const takeBack = ({ parts }: Gathered): void => {
  for (const [, list, length] of parts) (list as unknown[]).length = length - 1;
};
