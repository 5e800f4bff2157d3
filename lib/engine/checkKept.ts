import { checkSerialisable } from '../flow/FlowError.js';
import type { FlowSettings } from '../flow/FlowOptions.js';
import { jobError } from '../job/JobError.js';
import { utf8Length } from '../prelude/utf8Length.js';

/** A plan, as it is asked what may be kept. */
export interface Keeping {
  readonly commits: boolean;
  readonly settings: Pick<FlowSettings, 'maxBytes'>;
}

/**
 * Refuses what a snapshot, or the store of a durable job, could not hold; `where` names the place in the message. Nothing is refused if what
 * an attempt does counts at once.
 *
 * @throws FlowError `NOT_SERIALISABLE`; JobError `PAYLOAD_TOO_LARGE`
 */
export const checkKept = ({ commits, settings: { maxBytes } }: Keeping, value: unknown, where: () => string): void => {
  if (!commits) return;
  const json = checkSerialisable(value, where);
  if (maxBytes === undefined) return;
  const bytes = utf8Length(JSON.stringify(json));
  if (bytes > maxBytes) throw jobError('PAYLOAD_TOO_LARGE', { where: where(), bytes, limit: maxBytes });
};
