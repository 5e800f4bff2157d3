import { Misfit, READABLE } from '../prelude/jsonValue.js';
import { checkData, type Data, NO_DATA } from './Data.js';
import { checkSerialisable, FlowError, notClonable } from './FlowError.js';

/** How a plan keeps what it is given apart from the giver. */
interface Taking {
  readonly commits: boolean;
  readonly isolate: (value: Data, where: () => string) => Data;
}

/**
 * The job's own copy of the parameters of its entry; `where` names them in errors.
 *
 * @throws FlowError `BAD_PAYLOAD`, `NOT_SERIALISABLE`, `NOT_CLONABLE`
 */
export const takeParams = ({ commits, isolate }: Taking, params: object, where: () => string): Data => {
  if (params === NO_DATA) return NO_DATA;
  const checked = checkData(params, where);
  if (commits) checkSerialisable(checked, where);
  try {
    return isolate(checked, where);
  } catch (error) {
    // A getter has thrown.
    throw error instanceof FlowError ? error : notClonable(where(), new Misfit('', READABLE, error));
  }
};
