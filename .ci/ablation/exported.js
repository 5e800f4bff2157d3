// The functions that a file of the sources exports: lists of mutations are taken from them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const textOf = (file) => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

const isExported = (statement) => ts.isVariableStatement(statement) && statement.modifiers !== undefined;

/** Each has its name, and its statement. */
export const exportedFunctions = (file) =>
  ts
    .createSourceFile(file, textOf(file), ts.ScriptTarget.ES2022, true)
    .statements.filter(isExported)
    .map((statement) => ({ name: statement.declarationList.declarations[0].name.text, statement }));
