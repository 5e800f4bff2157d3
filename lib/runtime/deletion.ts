import type { StoredStep } from '../wire/Store.js';
import { Draft } from './Draft.js';
import { KINDS, underToken } from './keys.js';
import type { Head } from './readRows.js';

/** All that there is of a job that has ended goes. */
export const deletion = ({ jobId, createdKey, due }: Head, answered: readonly string[]): StoredStep => {
  const draft = new Draft();
  for (const kind of KINDS) draft.clear(kind);
  for (const token of answered) draft.leave('answered', underToken(token, jobId));
  draft.leave('job', createdKey);
  draft.leave('open', createdKey);
  if (due !== undefined) draft.leave('due', due);
  return draft.toStep(jobId);
};

/** An entry that leads nowhere goes. */
export const notDue = (jobId: string, key: string): StoredStep => {
  const draft = new Draft();
  draft.leave('due', key);
  return draft.toStep(jobId);
};
