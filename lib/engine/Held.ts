import type { JobStatus } from '../job/JobStatus.js';
import { runOutside } from './ambient.js';

/** What is behind a job, as far as its users see it at once. */
export interface HeldParts {
  readonly ledger: { readonly data: { readonly jobId: string; readonly status: JobStatus } };
  readonly life: { readonly isOver: boolean };
  readonly handles: { readonly state: object };
}

/** A job as its users hold it: one in the pipeline, or one that waits for its place, and becomes a job when somebody looks closer. */
export abstract class Held<R, P extends HeldParts> {
  /** Its Job, once somebody has asked for it. */
  job: object | undefined = undefined;
  private promise: Promise<object> | undefined = undefined;
  private resolve: ((state: object) => void) | undefined = undefined;

  abstract readonly parts: P;
  abstract readonly hasPlace: boolean;

  get jobId(): string {
    return this.parts.ledger.data.jobId;
  }

  get status(): JobStatus {
    return this.parts.ledger.data.status;
  }

  /** The job in the pipeline. */
  get run(): R {
    return this as unknown as R;
  }

  /** Resolves with the state of the job at its end. Made outside the handler that may have started the job, or it would keep that in memory. */
  get done(): Promise<object> {
    return (this.promise ??= runOutside(newPromise, (resolve) => {
      if (this.isOver) resolve(this.parts.handles.state);
      else this.resolve = resolve;
    }));
  }

  protected get isOver(): boolean {
    return this.parts.life.isOver;
  }

  /** Resolves `done`. */
  answer(state: object): void {
    this.resolve?.(state);
  }

  /** This is the same job: whoever waits for the other one waits for it. */
  takeOver({ job, promise, resolve }: Held<R, P>): void {
    this.job = job;
    this.promise = promise;
    this.resolve = resolve;
  }
}

const newPromise = (executor: (resolve: (state: object) => void) => void): Promise<object> => new Promise(executor);
