import fc from 'fast-check';
import type { Type } from 'io-ts';
import { type Context, FlowDefinition, JobSnapshot } from '../../lib/index.js';
import { encode } from '../../lib/wire/encode.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';
import { build, plans } from './randomFlows.js';
import { pausedStory } from './sample.js';
import { NAMES } from './values.js';

/** What the codec of a document reads, written again: it knows each key and its place, and leaves others out. */
const rewritten = <A, O>(codec: Type<A, O>, json: unknown): string => {
  const read = codec.decode(json);
  return JSON.stringify(read._tag === 'Right' ? codec.encode(read.right) : read);
};

const renames = (name: string): Readonly<Record<string, string>> => Object.fromEntries([[name, name]]);

/** A job of which a task waits that came over a connection with these renames, and what it has kept is under that name too. */
const pausedJob = async (name: string): Promise<unknown> => {
  const trigger = (_: unknown, ctx: Context): void => {
    for (const key of ['a', name]) ctx.shared.set(key, { [key]: [1, undefined] });
    ctx.setState({ [name]: new Date(0) });
    ctx.emit('o', { [name]: Infinity });
    void ctx.pause({ checkpoint: [{ [name]: new Set([name]) }] });
  };
  const flow = flowOf({ s: { slots: { trigger }, events: ['o'] }, t: { slots: { i: undefined } } });
  flow.connect('s', 'o', 't', 'i', renames(name));
  const job = flow.start('s', { [name]: name });
  await turn();
  const json = job.snapshot();
  await job.cancel();
  return json;
};

describe('a document', () => {
  it('should be written as its codec reads it: a flow', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const json = build(plan).toJSON();
        expect(JSON.stringify(json)).toBe(rewritten(FlowDefinition, json));
      }),
    );
  });

  it('should be written as its codec reads it: a job', async () => {
    const json = (await pausedStory()).job.snapshot();
    expect(JSON.stringify(json)).toBe(rewritten(JobSnapshot, json));
  });

  it.each([...NAMES, '$', 'data', 'inputs', 'sharedLog', 'mapping', 'config'])(
    'should be written as its codec reads it if the user calls things %s',
    async (name) => {
      const json = await pausedJob(name);
      expect(JSON.stringify(json)).toBe(rewritten(JobSnapshot, json));
      expect(json).toMatchObject({ pendingTasks: [{ routineId: 't' }], connections: [{ mapping: renames(name) }] });
    },
  );

  it.each([
    [{ list: [{ data: { a: [0, Symbol.iterator] } }] }, 'list.0.data.a.1'],
    [{ sharedLog: [{}, { a: () => 0 }] }, 'sharedLog.1.a'],
    [{ state: WeakMap.prototype }, 'state'],
  ])('should say at which path something is no plain data: %#', (document, path) => {
    const { code, details } = ours(thrown(() => encode('It', document)));
    expect([code, details['where'], details['path']]).toEqual(['NOT_SERIALISABLE', 'It', path]);
  });
});
