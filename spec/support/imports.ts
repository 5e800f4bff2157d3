import ts from 'typescript';

/** One import of a file of the library, as it stands there. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  /** The compiler removes it: only types come in. */
  readonly typeOnly: boolean;
  /** What is named; empty for `import 'x'`, `* as x` and `import()`. */
  readonly names: readonly string[];
}

/** The sources by their path below `lib`, such as `flow/Slot.ts`. */
export type Tree = ReadonlyMap<string, string>;

type Elements = readonly (ts.ImportSpecifier | ts.ExportSpecifier)[];

const nameIn = (element: ts.ImportSpecifier | ts.ExportSpecifier): string => (element.propertyName ?? element.name).text;

const fromElements = (elements: Elements, typeOnly: boolean): Pick<Import, 'names' | 'typeOnly'> => ({
  names: elements.map(nameIn),
  typeOnly: typeOnly || (elements.length > 0 && elements.every((element) => element.isTypeOnly)),
});

const ofImport = ({ importClause }: ts.ImportDeclaration): Pick<Import, 'names' | 'typeOnly'> => {
  const bindings = importClause?.namedBindings;
  const typeOnly = importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return bindings !== undefined && ts.isNamedImports(bindings) && importClause?.name === undefined
    ? fromElements(bindings.elements, typeOnly)
    : { names: [], typeOnly };
};

const ofExport = ({ exportClause, isTypeOnly }: ts.ExportDeclaration): Pick<Import, 'names' | 'typeOnly'> =>
  exportClause !== undefined && ts.isNamedExports(exportClause)
    ? fromElements(exportClause.elements, isTypeOnly)
    : { names: [], typeOnly: isTypeOnly };

type Found = Pick<Import, 'names' | 'typeOnly'> & { readonly specifier: ts.Node | undefined };

const found = (node: ts.Node): Found | undefined => {
  if (ts.isImportDeclaration(node)) return { specifier: node.moduleSpecifier, ...ofImport(node) };
  if (ts.isExportDeclaration(node)) return { specifier: node.moduleSpecifier, ...ofExport(node) };
  if (ts.isImportTypeNode(node))
    return { specifier: node.argument, typeOnly: true, names: node.qualifier ? [node.qualifier.getText()] : [] };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return { specifier: node.arguments[0], typeOnly: false, names: [] };
  return undefined;
};

const textOf = (node: ts.Node | undefined): string | undefined => {
  if (node === undefined) return undefined;
  if (ts.isLiteralTypeNode(node)) return textOf(node.literal);
  return ts.isStringLiteralLike(node) ? node.text : undefined;
};

const parse = (path: string, text: string): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);

/** Every import of a file, also the ones inside types and `import()`. */
export const importsOf = (path: string, text: string): readonly Import[] => {
  const source = parse(path, text);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const one = found(node);
    const specifier = textOf(one?.specifier);
    if (one !== undefined && specifier !== undefined) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      imports.push({ from: path, line, specifier, typeOnly: one.typeOnly, names: one.names });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
};

/** Where a file does anything but hand names on. */
export const statementsBesideExports = (path: string, text: string): readonly number[] => {
  const source = parse(path, text);
  return source.statements
    .filter((statement) => !(ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined))
    .map((statement) => source.getLineAndCharacterOfPosition(statement.getStart()).line + 1);
};
