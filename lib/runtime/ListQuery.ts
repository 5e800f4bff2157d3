import { checkKnown, checkOption, checkText, type Known } from '../flow/checkOption.js';
import { checkBound, checkSwitch } from '../flow/FlowOptions.js';
import { JOB_STATUSES, type JobStatus } from '../job/JobStatus.js';

/** Which jobs are listed. */
export interface ListQuery {
  /** Only those with this status, or one of these. @default any */
  readonly status?: JobStatus | readonly JobStatus[] | undefined;
  /** Only those of this flow. @default any */
  readonly flowId?: string | undefined;
  /** Only those with which nobody goes on, or only the others. @default both */
  readonly held?: boolean | undefined;
  /** Which comes first. @default 'oldest' */
  readonly order?: 'oldest' | 'newest' | undefined;
  /** Those behind the job with this id. @default from the first */
  readonly after?: string | undefined;
  /** At most so many. @default Infinity */
  readonly limit?: number | undefined;
}

const KNOWN: Known<ListQuery> = { status: true, flowId: true, held: true, order: true, after: true, limit: true };

/** @throws FlowError `BAD_OPTION` */
export const checkQuery = (query: ListQuery): ListQuery => {
  const { status, flowId, held, order = 'oldest', after, limit = Infinity } = checkKnown(query, KNOWN);
  const statuses = Array.isArray(status) ? (status as readonly unknown[]) : [status ?? 'pending'];
  const isFine = statuses.every((each) => JOB_STATUSES.includes(each as JobStatus));
  checkOption('status', status, status !== null && isFine, `one or several of ${JOB_STATUSES.join(', ')}`);
  checkText('flowId', flowId);
  if (held !== undefined) checkSwitch('held', held);
  checkOption('order', order, order === 'oldest' || order === 'newest', "'oldest' or 'newest'");
  checkText('after', after);
  checkBound('limit', limit);
  return query;
};
