import { readFileSync } from 'node:fs';
import * as rx from '../../lib/rx/index.js';
import { importsOf, statementsBesideExports } from '../support/imports.js';

const text = readFileSync('lib/rx/index.ts', 'utf8');

describe('routilux/rx', () => {
  it('should hand out these names and no others, and do nothing else', () => {
    const names = importsOf('rx/index.ts', text).flatMap((one) => one.names);
    expect(names.sort()).toEqual(
      [
        ...['Flattening', 'FromOperatorOptions', 'NativeObservable', 'OpenSource', 'OperatorRoutine', 'PayloadOf', 'Source'],
        ...['SourceRoutine', 'ToOperatorOptions', 'feed', 'fromOperator', 'fromSource', 'toNative', 'toOperator'],
      ].sort(),
    );
    expect(statementsBesideExports('rx/index.ts', text)).toEqual([]);
  });

  it('should have as values the functions among them, each by its own name', () => {
    expect(Object.keys(rx).sort()).toEqual(['feed', 'fromOperator', 'fromSource', 'toNative', 'toOperator']);
    for (const [name, value] of Object.entries(rx)) expect(value).toHaveProperty('name', name);
  });
});
