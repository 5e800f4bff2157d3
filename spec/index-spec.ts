import { readFileSync } from 'node:fs';
import * as routilux from '../lib/index.js';
import { importsOf } from './support/imports.js';

/** The names under each heading of lib/index.ts, sorted. */
const namesByHeading = (): Record<string, readonly string[]> => {
  const [, ...parts] = readFileSync('lib/index.ts', 'utf8').split(/^\/\/ (.+)\n/m);
  const names = (text: string): readonly string[] => importsOf('index.ts', text).flatMap((one) => one.names);
  const headings = parts.filter((_, at) => at % 2 === 0);
  return Object.fromEntries(headings.map((heading, at) => [heading, [...names(parts[at * 2 + 1] ?? '')].sort()]));
};

describe('routilux', () => {
  it('should hand out these names, by heading, and no others', () => {
    expect(namesByHeading()).toEqual({
      'What users hold': [
        'DefinedRoutine',
        'Flow',
        'FromJsonOptions',
        'Job',
        'JobState',
        'Routine',
        'RoutineDefinition',
        'SlotDefinition',
        'WaitOptions',
        'currentContext',
        'defineRoutine',
      ],
      Describing: [
        'Codec',
        'Connection',
        'Data',
        'ErrorEnd',
        'ErrorHandler',
        'ErrorHandlerOptions',
        'ErrorStrategy',
        'Event',
        'Finding',
        'Handler',
        'IoTsCodec',
        'Limit',
        'MergeFn',
        'Mismatch',
        'Overflow',
        'ParamMapping',
        'RetryDelay',
        'RoutineTypes',
        'Slot',
        'SlotOptions',
        'StandardSchema',
        'TypeOf',
        'extractInput',
      ],
      Running: [
        'Context',
        'EmitOptions',
        'ExecuteOptions',
        'ExecutionStrategy',
        'FlowOptions',
        'OutputObserver',
        'PauseOptions',
        'Progress',
        'ResumeOptions',
        'Shared',
        'WaitForOptions',
        'WaitPlace',
      ],
      'What happened': [
        'AnswerOptions',
        'DeferredEvent',
        'EmittedEvent',
        'Execution',
        'ExecutionRecord',
        'FlowMetrics',
        'JobRecord',
        'JobStatus',
        'LogEntry',
        'Metrics',
        'OutputRecord',
        'PausePoint',
        'RoutineMetrics',
        'RoutineStatus',
        'SlotActivationTask',
        'TaskOutcome',
        'Wait',
      ],
      'Written down': ['DecodeOptions', 'FlowDefinition', 'JobSnapshot', 'Registry'],
      'What went wrong': [
        'FlowError',
        'FlowErrorCode',
        'JobError',
        'JobErrorCode',
        'RoutiluxError',
        'TimeoutError',
        'WireError',
        'WireErrorCode',
      ],
    });
  });

  it('should have as values the classes and functions among them', () => {
    expect(Object.keys(routilux).sort()).toEqual([
      'ErrorHandler',
      'Event',
      'Flow',
      'FlowDefinition',
      'FlowError',
      'Job',
      'JobError',
      'JobSnapshot',
      'JobState',
      'Registry',
      'RoutiluxError',
      'Routine',
      'Slot',
      'TimeoutError',
      'WireError',
      'currentContext',
      'defineRoutine',
      'extractInput',
    ]);
  });

  it('should give every value its own name', () => {
    for (const [name, value] of Object.entries(routilux)) expect(value).toHaveProperty('name', name);
  });
});
