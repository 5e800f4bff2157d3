import { Subscriber } from 'rxjs';

/**
 * The Subscriber of an operator of ours: `next` hands a value on to the next operator in one call. The streams of the engine never
 * end or fail, so nothing else comes; one class per operator, so that each call meets one kind of object.
 */
export abstract class Hop<T> extends Subscriber<T> {
  // Not `super(destination)`: the stream of a flow must not keep the connections of an old plan. RxJS 8 is to close the constructor,
  // and the peer is 7: `Hop-spec` fails if it is gone.
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- the one place that calls what is deprecated
  constructor() {
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    super();
  }

  abstract override next(value: T): void;
}
