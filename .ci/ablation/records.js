// One kind of record is not told: one mutation for each function of `job/note*.ts` that tells one, taken from these files themselves.
import ts from 'typescript';
import { exportedFunctions } from './exported.js';

const FILES = [
  'lib/job/noteJob.ts',
  'lib/job/noteRoutine.ts',
  'lib/job/noteStream.ts',
  'lib/job/noteTask.ts',
  'lib/job/noteWait.ts',
];

/** Who sees to it that a record is there; the law, if nothing else is said. */
const SPECS = {
  slotWaited: 'job/noteRoutine',
  operatorCompleted: 'job/noteRoutine',
  shed: 'job/noteTask',
  streamOpened: 'rx/fromSource',
  streamForgotten: 'rx/fromSource',
  waitOpened: 'questions',
  waitAnswered: 'questions',
  waitExpired: 'questions',
  parked: 'delayed-emissions',
  unparked: 'delayed-emissions',
};

/** `ledger.tell(…)`, `ledger.post(…)`, or a function of the file that does so. */
const TELLS = /^(ledger\.(tell|post)|tell\w+)$/;

const callsIn = (node) => [
  ...(ts.isCallExpression(node) && TELLS.test(node.expression.getText()) ? [node.getText()] : []),
  ...node.getChildren().flatMap(callsIn),
];

const mutationsOf = (file) =>
  exportedFunctions(file).flatMap(({ name, statement }) =>
    callsIn(statement).map((call) => ({
      what: `the record of '${name}' is not told`,
      file,
      from: statement.getText(),
      to: statement.getText().replace(call, () => 'void 0'),
      specs: [SPECS[name] ?? 'simulation/records'],
    })),
  );

export const recordMutations = () => FILES.flatMap(mutationsOf);
