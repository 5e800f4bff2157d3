import { checkSerialisable } from '../flow/FlowError.js';
import type { FlowSettings } from '../flow/FlowOptions.js';

/** A plan, as it is asked what may be kept. */
export interface Keeping {
  readonly commits: boolean;
  readonly settings: Pick<FlowSettings, 'keep'>;
}

/**
 * Refuses what a snapshot, or the store of a durable job, could not hold; `where` names the place in the message. Nothing is refused if what
 * an attempt does counts at once.
 *
 * @throws FlowError `NOT_SERIALISABLE`; JobError `PAYLOAD_TOO_LARGE`
 */
export const checkKept = ({ commits, settings }: Keeping, value: unknown, where: () => string): void => {
  if (!commits) return;
  const json = checkSerialisable(value, where);
  settings.keep?.(json, where);
};
