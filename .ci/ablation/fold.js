// The fold leaves one kind of change out: one mutation for each function of `job/fold.ts`, taken from that file itself.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FILE = 'lib/job/fold.ts';

/** Who sees to it that a change is there; `Flow-resume`, if nothing else is said. */
const SPECS = {
  sharedSet: 'job/SharedSpace',
  sharedLogged: 'job/SharedSpace',
  kept: 'engine/settle',
  waited: 'engine/Backlog',
  slotWaited: 'engine/Backlog',
  shed: 'engine/Backlog',
  streamsSet: 'rx/fromOperator',
  streamOpened: 'rx/fromSource',
  streamForgotten: 'rx/fromSource',
  executed: 'job/Metrics',
  timed: 'job/stopwatch',
  untimed: 'job/stopwatch',
  left: 'job/RoutineCell',
  ended: 'job/RoutineCell',
  unsucceeded: 'engine/settle',
  failed: 'engine/settle',
  aborted: 'engine/settle',
};

/** The functions that a file exports, by name. */
const exportedFunctions = (text) =>
  ts
    .createSourceFile(FILE, text, ts.ScriptTarget.ES2022, true)
    .statements.filter((statement) => ts.isVariableStatement(statement) && statement.modifiers !== undefined)
    .map((statement) => [statement.declarationList.declarations[0].name.text, statement.getText()]);

export const foldMutations = () => {
  const text = readFileSync(fileURLToPath(new URL(`../../${FILE}`, import.meta.url)), 'utf8');
  return exportedFunctions(text).map(([name, from]) => ({
    what: `the fold leaves out '${name}'`,
    file: FILE,
    from,
    // What is to be a list is an empty one.
    to: `export const ${name} = () => [];`,
    specs: [SPECS[name] ?? 'Flow-resume'],
  }));
};
