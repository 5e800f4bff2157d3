// A flow and its routines, before anything runs.
import { defineRoutine, extractInput, Flow, Registry, Routine } from 'routilux';
import { check, flowOf, nothing, operation, refusalOf, routineOf, upTo } from './parts.mjs';

const chainOf = (n) => {
  const flow = new Flow();
  for (const at of upTo(n)) flow.addRoutine(routineOf({ trigger: nothing }), `r${at}`);
  return flow;
};

const linked = (n) => {
  const flow = chainOf(n);
  for (const at of upTo(n)) flow.connect(`r${at}`, 'o', `r${(at + 1) % n}`, 'trigger');
  return flow;
};

/** Two routines, and n connections between them that differ by their renames. */
const alike = (n) => {
  const flow = flowOf({ a: routineOf({ trigger: nothing }), b: routineOf({ i: nothing }) });
  for (const at of upTo(n)) flow.connect('a', 'o', 'b', 'i', { [`x${at}`]: 'y' });
  return flow;
};

const REGISTRY = new Registry().register('Routine', () => routineOf({ trigger: nothing, i: nothing }));

const withSlots = (n) =>
  routineOf(
    Object.fromEntries(upTo(n).map((at) => [`s${at}`, nothing])),
    upTo(n).map((at) => `e${at}`),
  );

const wide = (n) => Object.fromEntries(upTo(n).map((at) => [`k${at}`, at]));

/** The JSON of a flow, changed. */
const jsonWith = (n, change) => {
  const json = JSON.parse(JSON.stringify(linked(n)));
  return JSON.stringify({ ...json, ...change(json) });
};

export const operations = [
  operation('addRoutine, n times', ['Flow.addRoutine', 'Flow'], (n, measure) => {
    const [flow, routines] = [new Flow(), upTo(n).map(() => new Routine())];
    return measure(() => routines.forEach((routine, at) => flow.addRoutine(routine, `r${at}`)));
  }),
  operation('addRoutine under its own id, n times', [], (n, measure) => {
    const [flow, routines] = [new Flow(), upTo(n).map(() => new Routine())];
    return measure(() => routines.forEach((routine) => flow.addRoutine(routine)));
  }),
  operation('connect, a ring of n', ['Flow.connect'], (n, measure) => {
    const flow = chainOf(n);
    return measure(() => upTo(n).forEach((at) => flow.connect(`r${at}`, 'o', `r${(at + 1) % n}`, 'trigger')));
  }),
  operation('connect by dotted names, a ring of n', [], (n, measure) => {
    const flow = chainOf(n);
    return measure(() => upTo(n).forEach((at) => flow.connect(`r${at}.o`, `r${(at + 1) % n}.trigger`)));
  }),
  operation('connect an event to n slots, by the parts', [], (n, measure) => {
    const [flow, event] = [chainOf(n), new Routine().defineEvent('o')];
    flow.addRoutine(event.routine, 'event');
    return measure(() =>
      flow.routines.forEach((routine) => routine !== event.routine && flow.connect(event, routine.slot('trigger'))),
    );
  }),
  operation('connect two routines n times, by other renames', [], (n, measure) => measure.again(() => alike(n))),
  operation('connect what is connected, n times', [], (n, measure) => {
    const flow = alike(n);
    return measure.again(() => upTo(n).forEach((at) => flow.connect('a', 'o', 'b', 'i', { [`x${at}`]: 'y' })));
  }),
  operation('connect with n renames', [], (n, measure) => {
    const flow = flowOf({ a: routineOf({ trigger: nothing }) });
    return measure(() => flow.connect('a', 'o', 'a', 'trigger', wideNames(n)));
  }),
  operation(
    'connect a name of n dots',
    [],
    (n, measure) => {
      const id = 'a'.padEnd(2 * n, '.a');
      const flow = flowOf({ [id]: routineOf({ trigger: nothing }) });
      return measure(() => flow.connect(`${id}.o`, `${id}.trigger`));
    },
    { most: 2 ** 13 },
  ),
  operation('disconnect n connections of an event, oldest first', ['Flow.disconnect', 'Flow.connections'], (n, measure) => {
    const flow = alike(n);
    return measure(() => {
      for (const connection of flow.connections) flow.disconnect(connection);
    });
  }),
  operation('dependencyGraph of n routines', ['Flow.dependencyGraph', 'Flow.routines'], (n, measure) => {
    const flow = linked(n);
    return measure.again(() => flow.dependencyGraph());
  }),
  operation('validate n routines that are fine', ['Flow.validate'], (n, measure) => {
    const flow = linked(n);
    return measure.again(() => flow.validate());
  }),
  operation('validate n routines that nothing leads to', [], (n, measure) => {
    const flow = new Flow();
    for (const at of upTo(n)) flow.addRoutine(routineOf({ i: nothing }), `r${at}`);
    return measure.again(() => check(flow.validate().length > n, 'findings'));
  }),
  operation('validate with a registry', [], (n, measure) => {
    const flow = linked(n);
    return measure.again(() => flow.validate(REGISTRY));
  }),
  operation('validate with a registry that lacks the types', [], (n, measure) => {
    const flow = linked(n);
    return measure.again(() => flow.validate(new Registry()));
  }),
  operation('validate n renames of n declared parameters', [], (n, measure) => {
    const source = new Routine();
    source.defineEvent(
      'o',
      upTo(n).map((at) => `p${at}`),
    );
    const flow = flowOf({ a: source, b: routineOf({ trigger: nothing }) });
    flow.connect('a', 'o', 'b', 'trigger', Object.fromEntries(upTo(n).map((at) => [`p${n - 1 - at}`, 'x'])));
    return measure.again(() => flow.validate());
  }),
  operation('validate n renames that n declared parameters lack', [], (n, measure) => {
    const source = new Routine();
    source.defineEvent(
      'o',
      upTo(n).map((at) => `p${at}`),
    );
    const flow = flowOf({ a: source, b: routineOf({ trigger: nothing }) });
    flow.connect('a', 'o', 'b', 'trigger', Object.fromEntries(upTo(n).map((at) => [`q${at}`, 'x'])));
    return measure.again(() => check(flow.validate().length >= n, 'findings'));
  }),
  operation('defineSlot and defineEvent, n times', ['Routine.defineSlot', 'Routine.defineEvent', 'Routine'], (n, measure) =>
    measure.again(() => withSlots(n)),
  ),
  operation('slot and event, each of n', ['Routine.slot', 'Routine.event', 'Routine.slots', 'Routine.events'], (n, measure) => {
    const routine = withSlots(n);
    return measure.again(() => upTo(n).forEach((at) => [routine.slot(`s${at}`), routine.event(`e${at}`)]));
  }),
  operation('defineEvent of n parameters', [], (n, measure) => {
    const names = upTo(n).map((at) => `p${at}`);
    return measure.again(() => new Routine().defineEvent('o', names));
  }),
  operation('defineRoutine with n slots', ['defineRoutine'], (n, measure) => {
    const slots = Object.fromEntries(upTo(n).map((at) => [`s${at}`, { handler: nothing }]));
    return measure.again(() =>
      defineRoutine({ type: 'x', slots, events: Object.fromEntries(upTo(n).map((at) => [`e${at}`, []])) }),
    );
  }),
  operation('setConfig of n keys', ['Routine.setConfig'], (n, measure) => {
    const config = wide(n);
    return measure.again(() => new Routine().setConfig(config));
  }),
  operation('config of n keys', ['Routine.config'], (n, measure) => {
    const routine = new Routine().setConfig(wide(n));
    return measure.again(() => routine.config);
  }),
  operation('getConfig, each of n', ['Routine.getConfig'], (n, measure) => {
    const routine = new Routine().setConfig(wide(n));
    return measure.again(() => upTo(n).forEach((at) => routine.getConfig(`k${at}`)));
  }),
  operation('extractInput of n keys', ['extractInput'], (n, measure) => {
    const data = wide(n);
    return measure.again(() => extractInput(data));
  }),
  operation(
    'register n types and functions',
    ['Registry', 'Registry.register', 'Registry.registerFunction', 'Registry.types', 'Registry.factory', 'Registry.function'],
    (n, measure) =>
      measure.again(() => {
        const registry = new Registry();
        for (const at of upTo(n)) registry.register(`T${at}`, nothing).registerFunction(`f${at}`, () => at);
        check(registry.types.length === n, 'types');
      }),
  ),
  operation('toJSON of n routines', ['Flow.toJSON', 'Flow.serialize'], (n, measure) => {
    const flow = linked(n);
    return measure.again(() => [flow.toJSON(), flow.serialize()]);
  }),
  operation('toJSON of n connections of one event', [], (n, measure) => {
    const flow = alike(n);
    return measure.again(() => flow.toJSON());
  }),
  operation('toJSON of n slots of a routine', [], (n, measure) => {
    const flow = flowOf({ a: withSlots(n) });
    return measure.again(() => flow.toJSON());
  }),
  operation('fromJSON of n routines', ['Flow.fromJSON', 'Registry.read'], (n, measure) => {
    const text = JSON.stringify(linked(n));
    return measure.again(() => Flow.fromJSON(text, REGISTRY));
  }),
  operation('deserialize n connections of one event', ['Flow.deserialize'], (n, measure) => {
    const text = JSON.stringify(alike(n));
    return measure.again(() => new Flow().deserialize(text, REGISTRY));
  }),
  operation('fromJSON of a routine with n slots and events', [], (n, measure) => {
    const text = JSON.stringify(flowOf({ a: withSlots(n) }));
    const registry = new Registry().register('Routine', () => withSlots(n));
    return measure.again(() => Flow.fromJSON(text, registry));
  }),
  operation('fromJSON refuses n routines of one id', ['WireError'], (n, measure) => {
    const text = jsonWith(n, ({ routines }) => ({ routines: routines.map((routine) => ({ ...routine, id: 'r0' })) }));
    return measure.again(() => refusalOf(() => Flow.fromJSON(text, REGISTRY)));
  }),
  operation('fromJSON refuses n connections that lead nowhere', [], (n, measure) => {
    const text = jsonWith(n, ({ connections }) => ({
      connections: connections.map((one, at) => ({ ...one, targetId: `x${at}` })),
    }));
    return measure.again(() => refusalOf(() => Flow.fromJSON(text, REGISTRY)));
  }),
  operation('fromJSON refuses n types beside n known ones', [], (n, measure) => {
    const text = jsonWith(n, ({ routines }) => ({ routines: routines.map((routine, at) => ({ ...routine, type: `x${at}` })) }));
    const registry = new Registry();
    for (const at of upTo(n)) registry.register(`T${at}`, nothing);
    return measure.again(() => refusalOf(() => Flow.fromJSON(text, registry)));
  }),
  operation('fromJSON refuses n functions that are not registered', [], (n, measure) => {
    const text = jsonWith(n, ({ connections }) => ({
      connections: connections.map((one, at) => ({ ...one, mapping: { function: `f${at}` } })),
    }));
    return measure.again(() => refusalOf(() => Flow.fromJSON(text, REGISTRY)));
  }),
  operation('fromJSON refuses n odd routines', [], (n, measure) => {
    const text = jsonWith(n, ({ routines }) => ({ routines: routines.map(() => 1) }));
    return measure.again(() => refusalOf(() => Flow.fromJSON(text, REGISTRY)));
  }),
  operation('fromJSON refuses what n levels hold', [], (n, measure) => {
    const text = `${'['.repeat(n)}${']'.repeat(n)}`;
    return measure.again(() => refusalOf(() => Flow.fromJSON(text, REGISTRY, { maxDepth: 100 * n })));
  }),
  operation('connect refuses a name beside n routines', ['FlowError', 'RoutiluxError'], (n, measure) => {
    const flow = chainOf(n);
    return measure.again(() => refusalOf(() => flow.connect('x', 'o', 'r0', 'trigger')));
  }),
  operation('connect refuses a name beside n slots and events', [], (n, measure) => {
    const flow = flowOf({ a: withSlots(n) });
    return measure.again(() => [
      refusalOf(() => flow.connect('a', 'x', 'a', 's0')),
      refusalOf(() => flow.connect('a', 'e0', 'a', 'x')),
      refusalOf(() => flow.connect('a', 'a.s0')),
    ]);
  }),
  operation('connect refuses a name of n letters', [], (n, measure) => {
    const flow = chainOf(2);
    return measure.again(() => refusalOf(() => flow.connect('x'.repeat(n), 'o', 'r0', 'trigger')));
  }),
  operation('an option refused, n letters long', [], (n, measure) => {
    const options = { ['x'.repeat(n)]: 1 };
    return measure.again(() => refusalOf(() => new Flow(options)));
  }),
  operation('an option refused, beside n others', [], (n, measure) => {
    const options = Object.fromEntries(upTo(n).map((at) => [`flowId${at}`, 1]));
    return measure.again(() => refusalOf(() => new Flow(options)));
  }),
  operation('an option refused, by its value of n parts', [], (n, measure) => {
    const flowId = wide(n);
    return measure.again(() => refusalOf(() => new Flow({ flowId })));
  }),
];

function wideNames(n) {
  return Object.fromEntries(upTo(n).map((at) => [`k${at}`, `l${at}`]));
}
