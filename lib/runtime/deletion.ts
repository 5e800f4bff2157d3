import type { StoredStep } from '../wire/Store.js';
import { Draft } from './Draft.js';
import { dueKey, exactly, KINDS } from './keys.js';
import type { Head } from './readRows.js';

/** All that there is of a job that has ended goes. */
export const deletion = (head: Head, answered: readonly string[], retainMs: number): StoredStep => {
  const draft = new Draft();
  for (const kind of KINDS) draft.clear(kind);
  for (const token of answered) draft.leave('answered', exactly(token));
  draft.leave('job', head.createdKey);
  draft.leave('open', head.createdKey);
  draft.leave('due', dueKey(Date.parse(head.updatedAt) + retainMs, head.jobId));
  return draft.toStep(head.jobId);
};
