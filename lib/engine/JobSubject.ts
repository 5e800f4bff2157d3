import { Subject } from 'rxjs';

/**
 * What is told of a job now and then: that its gate toggles, that something of it has ended without an attempt. As `EventSubject`; a
 * class of its own, so that the loop there meets connections alone.
 */
export class JobSubject<T> extends Subject<T> {
  override next(value: T): void {
    // RxJS 8 takes `observers` away, and the peer is 7; `EventSubject-spec` fails if they are gone.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const { observers } = this;
    // eslint-disable-next-line @typescript-eslint/prefer-for-of
    for (let at = 0; at < observers.length; at++) observers[at]?.next(value);
  }
}
