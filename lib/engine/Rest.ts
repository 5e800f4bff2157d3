import { Hop } from './Hop.js';

/** The end of the pipeline: a job that is idle rests. */
export class Rest<R extends { rest(): void }> extends Hop<R> {
  override next(run: R): void {
    run.rest();
  }
}
