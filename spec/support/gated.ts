import type { Gated, Toggle } from '../../lib/engine/gate.js';

/** A task as the gate sees it. */
export interface Task {
  readonly origin: { readonly run: Job };
  readonly name: string;
}

/** A job as its gate sees it, with the names of the tasks that wait. */
export class Job implements Gated<Task> {
  isOpen = false;
  inRing = false;
  queue = '';
  /** What `requeue` does before the rest is queued anew. */
  emitDeferred: () => void = () => undefined;

  keep({ name }: Task): void {
    this.queue += name;
  }

  requeue(): void {
    const waiting = this.take();
    this.emitDeferred();
    this.queue += waiting;
  }

  /** Takes all that waits. */
  take(): string {
    const taken = this.queue;
    this.queue = '';
    return taken;
  }

  task(name: string): Task {
    return { origin: { run: this }, name };
  }

  toggle(open: boolean): Toggle<Job> {
    return { run: this, open };
  }
}
