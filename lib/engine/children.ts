import { RingBuffer } from '../prelude/RingBuffer.js';
import type { Steps } from './Steps.js';

/** A run that a handler has started. */
export interface Child {
  /** Its brothers and sisters, itself among them, as long as it belongs to somebody. */
  siblings: Set<Child> | undefined;
  readonly life: { readonly isOver: boolean; cancel(reason: string): void };
}

/** Whoever children belong to: an attempt at work, or its job once the attempt has succeeded. */
export interface Parent {
  children?: Set<Child> | undefined;
}

/** A run becomes a child: it ends with its parent, unless that completes (D33). */
export const adopt = (parent: Parent, child: Child): void => {
  (parent.children ??= new Set()).add(child);
  child.siblings = parent.children;
};

/** A child has ended. */
export const leaveHome = (child: Child): void => {
  child.siblings?.delete(child);
  child.siblings = undefined;
};

/** The children of an attempt that has succeeded belong to its job. */
export const handDown = (attempt: Parent, job: Parent): void => {
  for (const child of takeFrom(attempt)) adopt(job, child);
};

/** Their parent has ended: they end as well, once the step at hand has been applied. */
export const endChildren = (parent: Parent, steps: Pick<Steps, 'after'>): void => {
  for (const child of takeFrom(parent)) steps.after(end, child);
};

const takeFrom = (parent: Parent): Iterable<Child> => {
  const { children } = parent;
  parent.children = undefined;
  return children ?? [];
};

/** Those that are to end: one after the other, and never one on the stack of another, however deep they are nested. */
const ending = new RingBuffer<Child>();
let isEnding = false;

const end = (child: Child): void => {
  ending.push(child);
  if (isEnding) return;
  isEnding = true;
  try {
    for (let next = ending.shift(); next !== undefined; next = ending.shift())
      if (!next.life.isOver) next.life.cancel('parent ended');
  } finally {
    isEnding = false;
  }
};
