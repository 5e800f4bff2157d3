import { Hop } from '../../lib/engine/Hop.js';

/** Calls back for each value, and catches nothing: what the next operator of the engine is to the one before. */
export class Calling<T> extends Hop<T> {
  constructor(private readonly work: (value: T) => void) {
    super();
  }

  override next(value: T): void {
    this.work(value);
  }
}
