import { describeError } from '../prelude/describeError.js';
import type { Isolate } from '../prelude/isolate.js';
import { checkData, type Data } from './Data.js';
import { checkSerialisable, flowError } from './FlowError.js';

/** How a plan keeps what it is given apart from the giver. */
interface Taking {
  readonly commits: boolean;
  readonly isolate: Isolate;
}

/**
 * The job's own copy of the parameters of its entry; `where` names them in errors.
 *
 * @throws FlowError `BAD_PAYLOAD`, `NOT_SERIALISABLE`, `NOT_CLONABLE`
 */
export const takeParams = ({ commits, isolate }: Taking, params: object, where: () => string): Data => {
  const checked = checkData(params, where);
  if (commits) checkSerialisable(checked, where);
  try {
    return isolate(checked);
  } catch (error) {
    throw flowError('NOT_CLONABLE', { where: where(), reason: describeError(error).message }, error);
  }
};
