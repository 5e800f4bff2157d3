import ts from 'typescript';

/** A parameter of a public call that takes an object of which something may be left out. */
export interface OptionObject {
  /** As in `Flow.execute(options)`; what stands deeper as in `toMarbleTest(options.run)`. */
  readonly place: string;
  readonly options: readonly string[];
}

const { Private, Protected } = ts.ModifierFlags;

const isSeen = (member: ts.Symbol): boolean =>
  !member.name.startsWith('#') &&
  !member.getJsDocTags().some(({ name }) => name === 'hidden' || name === 'internal') &&
  (member.declarations ?? []).some(
    (one) => !one.getSourceFile().isDeclarationFile && (ts.getCombinedModifierFlags(one) & (Private | Protected)) === 0,
  );

/** A list of arguments that is written as a tuple is each of them. */
const partsOf = (checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] => {
  if (type.isUnion()) return type.types.flatMap((one) => partsOf(checker, one));
  if (checker.isTupleType(type))
    return checker.getTypeArguments(type as ts.TypeReference).flatMap((one) => partsOf(checker, one));
  return [type];
};

/** What the library has written as a bag of values: no class, no function, no list. */
const isBag = (checker: ts.TypeChecker, type: ts.Type): boolean =>
  (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0 &&
  !type.isClass() &&
  (type.symbol as ts.Symbol | undefined)?.valueDeclaration === undefined &&
  type.getCallSignatures().length === 0 &&
  !checker.isArrayType(type) &&
  checker
    .getPropertiesOfType(type)
    .every(({ declarations = [] }) => declarations.every((one) => !one.getSourceFile().isDeclarationFile));

const isOptional = ({ flags }: ts.Symbol): boolean => (flags & ts.SymbolFlags.Optional) !== 0;

/** Reads the calls of one module. */
class Reader {
  readonly found = new Map<string, Set<string>>();

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly file: ts.SourceFile,
  ) {}

  read(): this {
    const module = this.checker.getSymbolAtLocation(this.file);
    for (const exported of module === undefined ? [] : this.checker.getExportsOfModule(module)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      this.#readExport(exported.name, isAlias ? this.checker.getAliasedSymbol(exported) : exported);
    }
    return this;
  }

  #readExport(name: string, symbol: ts.Symbol): void {
    const { checker } = this;
    if ((symbol.flags & ts.SymbolFlags.Value) !== 0) {
      const value = checker.getTypeOfSymbolAtLocation(symbol, this.file);
      this.#readCalls(name, value);
      this.#readMembers(name, value);
      for (const made of value.getConstructSignatures()) {
        this.#readCall(`new ${name}`, made);
        this.#readMembers(name, made.getReturnType());
      }
    }
    if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0)
      this.#readMembers(name, checker.getDeclaredTypeOfSymbol(symbol));
  }

  #readMembers(owner: string, type: ts.Type): void {
    for (const member of this.checker.getPropertiesOfType(type))
      if (isSeen(member)) this.#readCalls(`${owner}.${member.name}`, this.checker.getTypeOfSymbolAtLocation(member, this.file));
  }

  #readCalls(name: string, type: ts.Type): void {
    for (const call of type.getCallSignatures()) this.#readCall(name, call);
  }

  #readCall(name: string, { parameters }: ts.Signature): void {
    for (const parameter of parameters) {
      const type = this.checker.getTypeOfSymbolAtLocation(parameter, this.file);
      for (const part of partsOf(this.checker, type)) this.#readBag(name, parameter.name, part);
    }
  }

  #readBag(name: string, path: string, type: ts.Type): void {
    const properties = isBag(this.checker, type) ? this.checker.getPropertiesOfType(type) : [];
    if (!properties.some(isOptional)) return;
    this.#note(`${name}(${path})`, properties);
    for (const property of properties) {
      const inner = this.checker.getTypeOfSymbolAtLocation(property, this.file);
      for (const part of partsOf(this.checker, inner)) {
        this.#readBag(name, `${path}.${property.name}`, part);
        for (const each of this.#eachIn(part)) this.#readBag(name, `${path}.${property.name}.*`, each);
      }
    }
  }

  /** What stands under each name of a type such as `{ [K in keyof S]: … }`. */
  #eachIn(type: ts.Type): readonly ts.Type[] {
    const [declared] = (type.symbol as ts.Symbol | undefined)?.declarations ?? [];
    const each = declared !== undefined && ts.isMappedTypeNode(declared) ? declared.type : undefined;
    return each === undefined ? [] : [this.checker.getTypeFromTypeNode(each)];
  }

  #note(place: string, properties: readonly ts.Symbol[]): void {
    const options = this.found.get(place) ?? new Set();
    for (const { name } of properties) options.add(name);
    this.found.set(place, options);
  }
}

/** Every object with something that may be left out that a call of what a file exports takes. */
export const optionObjectsIn = (program: ts.Program, path: string): readonly OptionObject[] => {
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`${path} is not there`);
  const { found } = new Reader(program.getTypeChecker(), file).read();
  return [...found].map(([place, options]) => ({ place, options: [...options].sort() }));
};
