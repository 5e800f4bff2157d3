// The fold leaves one kind of change out: one mutation for each function of `job/fold.ts`, taken from that file itself.
import { exportedFunctions } from './exported.js';

const FILE = 'lib/job/fold.ts';

/** Who sees to it that a change is there; `Flow-resume`, if nothing else is said. */
const SPECS = {
  sharedSet: 'job/SharedSpace',
  sharedLogged: 'job/SharedSpace',
  kept: 'engine/settlement',
  waited: 'engine/Limits',
  slotWaited: 'engine/Limits',
  shed: 'engine/Limits',
  streamsSet: 'rx/fromOperator',
  streamChanged: 'rx/fromOperator',
  streamOpened: 'rx/fromSource',
  streamForgotten: 'rx/fromSource',
  waitOpened: 'questions',
  waitClosed: 'questions',
  waitAnswered: 'questions',
  waitsForgotten: 'questions',
  executed: 'job/Metrics',
  timed: 'job/stopwatch',
  untimed: 'job/stopwatch',
  endSet: 'job/RoutineData',
  settled: 'engine/settlement',
  failureNoted: 'engine/settlement',
  unsucceeded: 'engine/settlement',
  failed: 'engine/settlement',
  aborted: 'engine/settlement',
};

export const foldMutations = () =>
  exportedFunctions(FILE).map(({ name, statement }) => ({
    what: `the fold leaves out '${name}'`,
    file: FILE,
    from: statement.getText(),
    // What is to be a list is an empty one.
    to: `export const ${name} = () => [];`,
    specs: [SPECS[name] ?? 'Flow-resume'],
  }));
