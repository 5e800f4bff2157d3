import { Flow, FlowError, JobState, Registry, Routine, WireError } from '../../lib/index.js';
import { readValue } from '../../lib/prelude/readValue.js';
import { writeValue } from '../../lib/prelude/writeValue.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';
import { clockAt, MINUTE, pausedStory, registry, story } from './sample.js';

/* Faults that the specs of this folder have shown, each with the smallest thing that shows it. */

type Json = Record<string, unknown>;

const jsonOf = async (): Promise<Json> => JSON.parse(JSON.stringify((await pausedStory()).job.snapshot())) as Json;

describe('a value that is written', () => {
  it('should be refused where it is a bigint too long to be read (fuzzing the codec)', () => {
    const long = 10n ** 100_000n;
    expect(() => readValue(writeValue(long / 10n))).not.toThrow();
    expect(() => writeValue(long)).toThrow();
  });

  it('should be refused where a list is of a class of its own, as maps and dates of one are', () => {
    class Rows extends Array<number> {
      readonly total = 0;
    }
    expect(() => writeValue({ rows: new Rows() })).toThrow();
  });

  it('should be refused, or be whole, where a list has keys beside its items', () => {
    const match: unknown = /(?<word>\w+)/.exec('hello');
    expect(() => writeValue(match)).toThrow();
    expect(() => writeValue(Object.assign([1], { '-1': 'x' }))).toThrow();
  });

  it('should be a date that can be read, whatever toJSON the date has got', () => {
    const date = Object.assign(new Date(0), { toJSON: () => ({ not: 'a date' }) });
    const written = ((): unknown => {
      try {
        return writeValue(date);
      } catch {
        return { $: 'date', value: '1970-01-01T00:00:00.000Z' };
      }
    })();
    expect(readValue(written)).toEqual(new Date(0));
  });
});

describe('JSON that is read', () => {
  it.each([256, 257, 300, 900])(
    'should be refused where a value in it has %d levels, unless it can be written again',
    async (levels) => {
      const json = { ...(await jsonOf()), sharedData: { deep: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown } };
      let state: JobState | undefined;
      try {
        state = JobState.fromJSON(json);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
      expect(() => state?.toJSON()).not.toThrow();
    },
  );

  it.each([
    '{"toString":null}',
    '{"toString":{"polluted":true},"valueOf":null}',
    '{"__proto__":null,"toString":1}',
    '[{"toString":0}]',
  ])('should be refused by one typed error where its version is %s, which is no text', (version) => {
    for (const kind of ['routilux/job', 'routilux/flow']) {
      const text = `{"kind":"${kind}","version":${version}}`;
      const load = kind === 'routilux/job' ? () => JobState.fromJSON(text) : () => Flow.fromJSON(text, registry);
      expect(thrown(load)).toMatchObject({ name: 'WireError', code: 'UNKNOWN_VERSION' });
    }
  });

  it('should not have tasks left where the job has ended, although a slot holds what was not consumed (D8)', async () => {
    const { job, time } = await pausedStory();
    job.resume();
    await time.advance(2 * MINUTE);
    const text = JSON.stringify(job.snapshot()).replace('"consumed":true', '"consumed":false');
    expect(text).toContain('"status":"completed"');
    let state: JobState | undefined;
    try {
      state = JobState.fromJSON(text);
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
    expect(state?.pendingTasks ?? []).toEqual([]);
    if (state !== undefined) expect(() => JobState.fromJSON(state.toJSON())).not.toThrow();
  });

  it('should be refused where the number of the next emission is the last there is, so that none could follow', async () => {
    const json = await jsonOf();
    json['run'] = { ...(json['run'] as object), order: Number.MAX_SAFE_INTEGER };
    const time = clockAt();
    let state: JobState;
    try {
      state = JobState.fromJSON(json);
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      return;
    }
    const job = story({ scheduler: time.scheduler }).resume(state);
    await time.advance(2 * MINUTE);
    expect(job.status).toBe('completed');
    expect(() => JobState.fromJSON(job.snapshot())).not.toThrow();
  });

  it('should leave an empty flow empty where a factory gives the same routine twice', () => {
    const one = new Routine();
    const own = new Registry().register('Routine', () => one);
    const flow = new Flow();
    flow.addRoutine(new Routine(), 'a');
    flow.addRoutine(new Routine(), 'b');
    const empty = new Flow({ flowId: 'mine' });
    expect(ours(thrown(() => empty.deserialize(flow.toJSON(), own))).code).toMatch(/NOT_CONSTRUCTIBLE|ROUTINE_TWICE/);
    expect([empty.flowId, empty.routines.size]).toEqual(['mine', 0]);
  });

  it('should share no mapping with the flow that is made of it, or that it was made of', () => {
    const flow = story();
    const json = JSON.parse(JSON.stringify(flow)) as ReturnType<Flow['toJSON']>;
    const read = Flow.fromJSON(json, registry);
    const written = flow.toJSON();
    for (const each of [json, written]) Object.assign(each.connections[2]?.mapping?.renames as object, { n: 'spoilt' });
    expect(read.connections[2]?.mapping).toEqual({ n: 'row' });
    expect(flow.connections[2]?.mapping).toEqual({ n: 'row' });
  });

  it('should be refused by a typed error where it is deep, and the limit of depth was taken away', async () => {
    const json = { ...(await jsonOf()), sharedData: { deep: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown } };
    const error = thrown(() => JobState.fromJSON(json, { maxDepth: Infinity }));
    expect(error).toBeInstanceOf(WireError);
  });

  it('should be refused where a key, and not only a value, is longer than maxString', async () => {
    const json = { ...(await jsonOf()), sharedData: { ['x'.repeat(101)]: 1 } };
    expect(thrown(() => JobState.fromJSON(json, { maxString: 100 }))).toBeInstanceOf(WireError);
  });
});

describe('a function with a name', () => {
  it('should keep the name that it has in a registry, although another registry calls it otherwise (D28)', () => {
    const mapping = (data: object): object => data;
    const mine = new Registry().register('Routine', () => new Ends()).registerFunction('mine', mapping);
    new Registry().registerFunction('theirs', mapping);
    class Ends extends Routine {
      static override readonly type = 'Routine';
      readonly o = this.defineEvent('o');
      readonly i = this.defineSlot('i');
    }
    const flow = new Flow();
    flow.addRoutine(new Ends(), 'a');
    flow.connect('a', 'o', 'a', 'i', mapping as never);
    expect(Flow.fromJSON(flow.toJSON(), mine).connections[0]?.mapping).toBe(mapping);
    expect(flow.validate(mine).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe("what emitMode 'commit' has let pass", () => {
  const deep = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 'core');

  it.each([250, 254, 255, 256])('should be written in the snapshot, also where it was %d levels deep', async (levels) => {
    const flow = new Flow({ emitMode: 'commit' });
    const [source, target] = [new Routine(), new Routine()];
    source.defineEvent('o');
    source.defineSlot('trigger', (_, ctx) => {
      ctx.shared.set('deep', deep(levels));
      ctx.emit('o', { deep: deep(levels - 1) });
    });
    target.defineSlot('i', undefined, { merge: 'append' });
    flow.addRoutine(source, 's');
    flow.addRoutine(target, 't');
    flow.connect('s.o', 't.i');
    const state = await flow.execute('s');
    if (state.status === 'completed') expect(() => state.toJSON()).not.toThrow();
  });
});

describe('a job that goes on elsewhere', () => {
  it('should be refused by the flow, and leave no job behind, where its current routine is gone (SC084)', async () => {
    const state = JobState.fromJSON({ ...(await jsonOf()), currentRoutineId: 'nobody' });
    const flow = story();
    const error = thrown(() => flow.resume(state));
    await turn();
    expect(error).toBeInstanceOf(FlowError);
    expect(flow.jobs).toEqual([]);
  });
});
