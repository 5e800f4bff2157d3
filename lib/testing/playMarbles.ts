import { Observable } from 'rxjs';
import { isEnd, parseMarbles } from './marbles.js';
import { testingError } from './TestingError.js';
import type { VirtualClock } from './VirtualClock.js';

/** What symbols stand for; none given, what `otherwise` says. */
type Values<T> = Readonly<Record<string, T>> | undefined;

/** The value of a symbol. @throws TestingError `BAD_MARBLES` */
export const valueOf = <T>(diagram: string, symbol: string, values: Values<T>, otherwise: T): T => {
  if (isEnd(symbol)) throw testingError('BAD_MARBLES', { diagram, reason: `'${symbol}' is out of place` });
  if (values === undefined) return otherwise;
  if (Object.hasOwn(values, symbol)) return values[symbol] as T;
  throw testingError('BAD_MARBLES', { diagram, reason: `'${symbol}' has no value; give it one` });
};

/** An observable that plays marbles from the subscription on; `#` gives the error. */
export const playMarbles = <T>(
  clock: VirtualClock,
  diagram: string,
  values?: Values<T>,
  error: unknown = 'error',
): Observable<T> => {
  const marks = parseMarbles(diagram).map(({ at, symbol }) => ({
    at,
    symbol,
    value: isEnd(symbol) ? undefined : valueOf(diagram, symbol, values, symbol as T),
  }));
  return new Observable((observer) => {
    for (const { at, symbol, value } of marks) {
      const play = (): void => {
        if (symbol === '|') observer.complete();
        else if (symbol === '#') observer.error(error);
        else observer.next(value as T);
      };
      observer.add(clock.schedule(play, at));
    }
  });
};
