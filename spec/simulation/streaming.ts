import { bufferCount, concat, from, map, type Observable, of, takeLast, tap, throwError } from 'rxjs';
import type { Data, Routine } from '../../lib/index.js';
import { fromOperator, fromSource } from '../../lib/rx/index.js';
import { numberIn, type StreamKind } from '../support/arbitrary.js';

/** A value goes on with less fuel, so that cycles end. */
const less = (data: Data): Data => ({ fuel: Math.floor((numberIn(data['fuel']) - 1) / 2), n: numberIn(data['n']) });

const refuse = (data: Data): void => {
  if (numberIn(data['n']) % 4 === 1) throw new RangeError('boom: fussy stream');
};

type Operator = (input$: Observable<Data>) => Observable<Data>;

const OPERATORS: Readonly<Partial<Record<StreamKind, Operator>>> = {
  each: (input$) => input$.pipe(map(less)),
  pairs: (input$) =>
    input$.pipe(
      bufferCount(2),
      map((pair) => less(pair.at(-1) as Data)),
    ),
  last: (input$) => input$.pipe(takeLast(1), map(less)),
  fussy: (input$) => input$.pipe(tap(refuse), map(less)),
};

/** Two values of each payload. */
const valuesOf = (cursor: number, params: Data): Observable<Data> => from([less(params), less(params)].slice(cursor));

const broken = (cursor: number, params: Data): Observable<Data> =>
  concat(
    valuesOf(cursor, params),
    throwError(() => new Error('boom: broken source')),
  );

const SOURCES: Readonly<Partial<Record<StreamKind, typeof valuesOf>>> = { source: valuesOf, broken };

/** A routine that keeps a stream of this kind, and its slot. */
export const streaming = (kind: StreamKind): readonly [routine: Routine, slot: string] => {
  const open = SOURCES[kind];
  return open === undefined
    ? [fromOperator(kind, OPERATORS[kind] as Operator, { replay: true }), 'input']
    : [fromSource(kind, (cursor, params) => (numberIn(params['fuel']) > 0 ? open(cursor, params) : of())), 'trigger'];
};
