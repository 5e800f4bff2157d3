/** What a runtime has done since it was opened. */
export interface RuntimeMetrics {
  /** Steps that were stored. */
  readonly steps: number;
  /** The commits that have stored them. */
  readonly commits: number;
  /** How long commits took, in ms, of the last 1,000. */
  readonly commitMs: { readonly p50: number; readonly p99: number };
  /** Tasks that were claimed. */
  readonly claims: number;
  /** Those of them that were claimed before, and had not ended. */
  readonly repeats: number;
  /** Jobs of which the store had something else. */
  readonly discarded: number;
  /** Jobs that run in this process. */
  readonly open: number;
  /** Their tasks that have not ended. */
  readonly waiting: number;
  /** Those of them that wait for their time. */
  readonly due: number;
  /** That of its store. */
  readonly epoch: number;
}
