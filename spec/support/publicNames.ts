import ts from 'typescript';
import { membersOf } from './undocumented.js';

/** Types of what is given to a call, or comes out of one: what they hold is the user's, or is data. Routines of a kind are routines. */
const OF_DATA =
  /Options$|^(RoutineDefinition|SlotDefinition|Codec|IoTsCodec|StandardSchema|NativeObservable|Limit|VirtualClock)$|^(Defined|Operator|Source)Routine$/;

const VALUE: number = ts.SymbolFlags.Class | ts.SymbolFlags.Variable | ts.SymbolFlags.Function;

/** `[asyncIterator]` for the method of a symbol. */
const written = (name: string): string => name.replace(/^__@(\w+)@\d+$/, '[$1]');

const isCalled = (member: ts.Symbol, checker: ts.TypeChecker): boolean =>
  // What only carries a type is never called.
  member.name !== '_A' &&
  ((member.flags & ts.SymbolFlags.Accessor) !== 0 ||
    checker.getNonNullableType(checker.getTypeOfSymbol(member)).getCallSignatures().length > 0);

const namesOf = (exported: ts.Symbol, checker: ts.TypeChecker): readonly string[] => {
  const { name } = exported;
  const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
  const members = OF_DATA.test(name) ? [] : membersOf(symbol, checker, VALUE).filter((member) => isCalled(member, checker));
  return [
    ...((symbol.flags & VALUE) !== 0 && !OF_DATA.test(name) ? [name] : []),
    ...members.map((member) => `${name}.${written(member.name)}`),
  ];
};

/** What users call, or read, of what files export: functions, classes, methods and getters, as in `Flow.execute`. */
export const publicNames = (program: ts.Program, paths: readonly string[]): readonly string[] => {
  const checker = program.getTypeChecker();
  const modules = paths.map((path) => checker.getSymbolAtLocation(program.getSourceFile(path) as ts.SourceFile) as ts.Symbol);
  const exported = modules.flatMap((module) => checker.getExportsOfModule(module));
  return [...new Set(exported.flatMap((one) => namesOf(one, checker)))];
};
