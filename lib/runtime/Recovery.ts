import type { DurableFlow } from './DurableFlow.js';
import { type Held, infoOf, type JobInfo } from './JobInfo.js';
import type { Head } from './readRows.js';
import { tokenIn } from './keys.js';
import type { RuntimeParts } from './RuntimeParts.js';

/** Goes on with the jobs that a store holds unfinished: each of them is live then, or held with a reason, or stands as it was. */
export const recover = async (parts: RuntimeParts): Promise<readonly JobInfo[]> => {
  const found: JobInfo[] = [];
  // A token stands for one question of the whole store, also of jobs that nobody goes on with.
  for await (const { key, jobId } of parts.jobs.found('wait')) parts.keeping.tokens.set(tokenIn(key), jobId);
  for await (const head of parts.jobs.heads('open')) found.push(await recoverOne(parts, head));
  await parts.due.look();
  return found;
};

const recoverOne = async (parts: RuntimeParts, head: Head): Promise<JobInfo> => {
  const { jobId, status, startsAt } = head;
  const found = infoOf(head, false, undefined);
  if (status === 'paused' || (status === 'pending' && startsAt !== undefined)) return found;
  const flow = parts.flows.get(head.flowId);
  const reason = reasonAgainst(parts, head, found, flow);
  if (reason !== undefined || flow === undefined) return hold(parts, head, reason ?? 'UNKNOWN_FLOW');
  try {
    await parts.takeUp(jobId, flow);
  } catch {
    return hold(parts, head, 'DAMAGED');
  }
  parts.keeping.event$.next({ type: 'recovered', jobId });
  return { ...found, live: true };
};

const reasonAgainst = (
  { settings }: RuntimeParts,
  { run }: Head,
  found: JobInfo,
  flow: DurableFlow | undefined,
): Held | undefined => {
  if (flow === undefined) return 'UNKNOWN_FLOW';
  if (!flow.has(run?.structure ?? '')) return 'STRUCTURE_CHANGED';
  return settings.recover(found) ? undefined : 'NOT_RECOVERED';
};

const hold = (parts: RuntimeParts, head: Head, reason: Held): JobInfo => {
  parts.hold(head.jobId, reason);
  return infoOf(head, false, reason);
};
