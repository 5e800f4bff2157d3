import ts from 'typescript';
import { transpiled } from './runSource.js';

/** A name that users may import, or a part of one, that says too little of itself. */
export interface Fault {
  /** As in `Flow.execute`. */
  readonly name: string;
  readonly lacks: 'a comment' | '@default' | '@example' | 'an example that can be read';
}

/** Types of which every part that may be left out has a default to tell. */
const OF_OPTIONS = /Options$|Definition$|^Limit$/;

const VALUE = ts.SymbolFlags.Class | ts.SymbolFlags.Variable | ts.SymbolFlags.Function;

const { Private, Protected } = ts.ModifierFlags;

const declared = ({ declarations = [] }: ts.Symbol): readonly ts.Declaration[] => declarations;

const hasTag = (symbol: ts.Symbol, checker: ts.TypeChecker, tag: string): boolean =>
  symbol.getJsDocTags(checker).some(({ name }) => name === tag);

/** What a class has for itself: it is private, or it is marked as nothing that users call. */
const isHidden = (member: ts.Symbol, checker: ts.TypeChecker): boolean =>
  hasTag(member, checker, 'hidden') ||
  hasTag(member, checker, 'internal') ||
  declared(member).some((one) => (ts.getCombinedModifierFlags(one) & (Private | Protected)) !== 0) ||
  member.name.startsWith('#');

/** A member that is written as one in a source: not what comes from elsewhere, nor what a type is computed from. */
const isWritten = (member: ts.Symbol): boolean =>
  declared(member).some((one) => !one.getSourceFile().isDeclarationFile && isMember(one));

const isMember = (one: ts.Declaration): boolean =>
  ts.isClassElement(one) || ts.isTypeElement(one) || ts.isParameterPropertyDeclaration(one, one.parent);

const isTold = (symbol: ts.Symbol, checker: ts.TypeChecker): boolean =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';

/** The members that users see; also the static ones of such values (a class, unless more is asked for). */
export const membersOf = (
  symbol: ts.Symbol,
  checker: ts.TypeChecker,
  values: number = ts.SymbolFlags.Class,
): readonly ts.Symbol[] => {
  const types = [checker.getDeclaredTypeOfSymbol(symbol)];
  if ((symbol.flags & values) !== 0) types.push(checker.getTypeOfSymbol(symbol));
  return types.flatMap((type) => checker.getPropertiesOfType(type)).filter((one) => isWritten(one) && !isHidden(one, checker));
};

const faultOf = (owner: string, member: ts.Symbol, checker: ts.TypeChecker): readonly Fault[] => {
  const name = `${owner}.${member.name}`;
  if (!isTold(member, checker)) return [{ name, lacks: 'a comment' }];
  const isOption = OF_OPTIONS.test(owner) && (member.flags & ts.SymbolFlags.Optional) !== 0;
  return isOption && !hasTag(member, checker, 'default') ? [{ name, lacks: '@default' }] : [];
};

const isTypeOnly = (exported: ts.Symbol): boolean =>
  declared(exported).some((one) => ts.isExportSpecifier(one) && (one.isTypeOnly || one.parent.parent.isTypeOnly));

const examplesOf = (symbol: ts.Symbol, checker: ts.TypeChecker): readonly string[] =>
  symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name === 'example')
    .map(({ text }) => ts.displayPartsToString(text));

const isTypeScript = (source: string): boolean => {
  try {
    return transpiled(source) !== '';
  } catch {
    return false;
  }
};

const exampleFault = (exported: ts.Symbol, symbol: ts.Symbol, checker: ts.TypeChecker): readonly Fault[] => {
  const { name } = exported;
  const examples = examplesOf(symbol, checker);
  if (!examples.every(isTypeScript)) return [{ name, lacks: 'an example that can be read' }];
  return examples.length > 0 || (symbol.flags & VALUE) === 0 || isTypeOnly(exported) ? [] : [{ name, lacks: '@example' }];
};

const faultsOf = (exported: ts.Symbol, checker: ts.TypeChecker): readonly Fault[] => {
  const { name } = exported;
  const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
  return [
    ...(isTold(symbol, checker) ? [] : [{ name, lacks: 'a comment' } as const]),
    ...exampleFault(exported, symbol, checker),
    ...membersOf(symbol, checker).flatMap((member) => faultOf(name, member, checker)),
  ];
};

/** Everything that a file exports without saying what it is: each name, the members that users see, defaults, an example. */
export const undocumentedIn = (program: ts.Program, path: string): readonly Fault[] => {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(path);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${path} is no module`);
  return checker.getExportsOfModule(module).flatMap((exported) => faultsOf(exported, checker));
};
