/** Makes of a document of one version one of the next. */
export type Step = (document: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** How each version of a flow becomes the next: the step at place n makes version n + 2 of version n + 1. There is one version so far. */
export const FLOW_STEPS: readonly Step[] = [];

/** The same for jobs. Version 2 has `waits` and `answered`, which a job of version 1 lacks. */
export const JOB_STEPS: readonly Step[] = [(document) => ({ ...document, version: 2 })];

/** The version that is written: one more than there are steps. */
export const newest = (steps: readonly Step[]): number => steps.length + 1;
