// Payloads: copied, frozen, checked, written down and read again.
import * as t from 'io-ts';
import { FlowDefinition, JobSnapshot, JobState } from 'routilux';
import { check, flowOf, nothing, operation, refusalOf, routineOf, until, upTo } from './parts.mjs';

const wide = (n) => Object.fromEntries(upTo(n).map((at) => [`k${at}`, at]));

const deep = (n) => {
  let value = {};
  for (const at of upTo(n)) value = { at, value };
  return value;
};

/** A ladder: every step has the one below twice, so there are 2 ** n ways down. */
const shared = (n) => {
  let value = {};
  for (const at of upTo(n)) value = at % 100 === 0 ? { value } : { one: value, other: value };
  return value;
};

const SHAPES = {
  'a wide object': wide,
  'a list': upTo,
  'a list of objects': (n) => upTo(n).map((at) => ({ at })),
  'a part in n places': (n) => ((part) => upTo(n).map(() => part))({ a: { b: 1 } }),
  'a map': (n) => new Map(upTo(n).map((at) => [`k${at}`, { at }])),
  'a set': (n) => new Set(upTo(n)),
  dates: (n) => upTo(n).map((at) => new Date(at)),
  'a text': (n) => 'x'.repeat(n),
  errors: (n) => upTo(n).map((at) => new Error(`${at}`)),
  holes: (n) => Object.assign(new Array(n), { 0: 1 }),
};

const DEEP = { levels: deep, 'levels of shared parts': shared };

/** An emission of a value to a target, in a flow with some isolation. */
const carried = (isolation, [name, make]) =>
  operation(`emit with isolation ${isolation}, ${name} of n`, [], (n, measure) => {
    const value = make(n);
    const flow = flowOf(
      { s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { value }) }), t: routineOf({ i: nothing }) },
      [['s', 'o', 't', 'i']],
      { isolation },
    );
    return measure(async () => check((await flow.execute('s')).status === 'completed', name));
  });

/** A job that shares a value. */
const jobWith = async (value) => {
  const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => (ctx.shared.set('value', value), ctx.pause()) }) });
  const job = flow.start('s');
  await until(() => job.status === 'paused');
  return job;
};

const kept = ([name, make]) => [
  operation(`a snapshot with ${name} of n`, [], async (n, measure) => {
    const job = await jobWith(make(n));
    await measure.again(() => job.snapshot());
    await job.cancel();
  }),
  operation(`read a snapshot with ${name} of n`, ['JobSnapshot'], async (n, measure) => {
    const job = await jobWith(make(n));
    const text = JSON.stringify(job.snapshot());
    await measure.again(() => JobState.fromJSON(text));
    await job.cancel();
  }),
];

const without = ({ errors: _, ...shapes }) => Object.entries(shapes);

/** n faults of a payload, which a slot with a codec tells. */
const mismatched = (name, codecOf) =>
  operation(`a payload that ${name} finds n faults in`, [], (n, measure) => {
    const flow = flowOf({ s: routineOf({ trigger: nothing }, [], { trigger: { codec: codecOf(n) } }) });
    const data = wide(n);
    return measure(async () => check((await flow.execute('s', data)).status === 'failed', 'a mismatch'));
  });

const FLOW = { kind: 'routilux/flow', version: 1 };

export const operations = [
  ...Object.entries({ ...SHAPES, ...DEEP }).map((shape) => carried('clone', shape)),
  ...without(SHAPES).map((shape) => carried('freeze', shape)),
  carried('shallow', ['a wide object', wide]),
  ...without(SHAPES)
    .filter(([name]) => name !== 'holes')
    .flatMap(kept),
  mismatched('io-ts', (n) => t.type(Object.fromEntries(upTo(n).map((at) => [`k${at}`, t.string])))),
  mismatched('a standard schema', (n) => ({
    '~standard': {
      version: 1,
      vendor: 'x',
      validate: () => ({ issues: upTo(n).map((at) => ({ message: 'bad', path: [`k${at}`] })) }),
    },
  })),
  operation('a snapshot refused for what n levels hold', [], async (n, measure) => {
    const job = await jobWith(deep(n + 300));
    await measure.again(() => refusalOf(() => job.snapshot()));
    await job.cancel();
  }),
  operation('a clone refused behind n levels', [], (n, measure) => {
    let value = { f: nothing };
    for (const _ of upTo(n)) value = { value };
    const flow = flowOf({ s: routineOf({ trigger: (_, ctx) => ctx.emit('o', { value }) }) }, [], { isolation: 'clone' });
    return measure(async () => check((await flow.execute('s')).status === 'failed', 'refused'));
  }),
  operation('codecs of n faults', ['FlowDefinition'], (n, measure) => {
    const [flow, job] = [
      { ...FLOW, routines: upTo(n) },
      { kind: 'routilux/job', version: 1, history: upTo(n) },
    ];
    return measure.again(() =>
      check(
        [FlowDefinition.decode(flow), JobSnapshot.decode(job)].every(({ _tag }) => _tag === 'Left'),
        'faults',
      ),
    );
  }),
];
