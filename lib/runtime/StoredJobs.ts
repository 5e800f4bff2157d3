import { JobState } from '../JobState.js';
import type { Found, Store } from '../wire/Store.js';
import type { Wait } from '../job/Wait.js';
import { type Head, readHead, readRows, readWaits, type StoredJob, toShown } from './readRows.js';
import { runtimeError } from './RuntimeError.js';
import { tokenKey } from './keys.js';

/** How many entries of an index are read at a time. */
const PAGE = 100;

export type Order = 'oldest' | 'newest';

/** The jobs of a store, as they are stored. */
export class StoredJobs {
  constructor(private readonly store: Pick<Store, 'load' | 'scan'>) {}

  /** What is found in an index, page by page. */
  async *found(index: string, order: Order = 'oldest', from?: string): AsyncIterable<Found> {
    for (let after = from; ;) {
      const page = await this.store.scan(index, after, PAGE, order === 'newest');
      yield* page;
      if (page.length < PAGE) return;
      after = page.at(-1)?.key;
    }
  }

  /** The heads of the jobs in an index. */
  async *heads(index: string, order?: Order, from?: string): AsyncIterable<Head> {
    for await (const { head } of this.found(index, order, from)) if (head !== '') yield readHead(head);
  }

  /** The job that an index of tokens has under this one. */
  async ofToken(index: 'wait' | 'answered', token: string): Promise<string | undefined> {
    const [found] = await this.store.scan(index, tokenKey(token), 1);
    return found?.key.startsWith(tokenKey(token)) === true ? found.jobId : undefined;
  }

  async headOf(jobId: string): Promise<Head | undefined> {
    const [row] = await this.store.load(jobId, ['job']);
    return row && readHead(row.value);
  }

  /** @throws RuntimeError `UNKNOWN_JOB` */
  async head(jobId: string): Promise<Head> {
    const head = await this.headOf(jobId);
    if (head === undefined) throw runtimeError('UNKNOWN_JOB', { jobId });
    return head;
  }

  /** @throws RuntimeError `UNKNOWN_JOB` */
  async whole(jobId: string): Promise<StoredJob> {
    const stored = readRows(await this.store.load(jobId));
    if (stored === undefined) throw runtimeError('UNKNOWN_JOB', { jobId });
    return stored;
  }

  /** @throws RuntimeError `UNKNOWN_JOB` */
  async state(jobId: string): Promise<JobState> {
    return new JobState(toShown(await this.whole(jobId)));
  }

  /** The open questions of a job. */
  async waits(jobId: string): Promise<readonly Wait[]> {
    return readWaits(await this.store.load(jobId, ['wait']));
  }

  /** The tokens under which its questions were answered. */
  async answered(jobId: string): Promise<readonly string[]> {
    const rows = await this.store.load(jobId, ['answered']);
    return rows.map(({ value }) => (JSON.parse(value) as { token: string }).token);
  }
}
