import { Outside, type Small, SMALL } from './flows.js';
import { liveThrough, type Living, outcomeOf } from './lives.js';

const livingOf = ({ name, make, params, entry }: Small, outside: Outside): Living => ({
  flows: () => [make(outside)],
  flowId: name,
  entry,
  params,
});

/** The ids that stood for two inputs. */
const twoInputs = ({ written }: Outside): readonly string[] => {
  const inputs = new Map<string, string>();
  return written
    .filter(([taskId, input]) => inputs.set(taskId, inputs.get(taskId) ?? input).get(taskId) !== input)
    .map(([id]) => id);
};

describe('a process that dies at any call of its store', () => {
  it.each(SMALL)('should change nothing of what a job comes to: $name', async (small) => {
    const whole = await liveThrough(livingOf(small, new Outside()), []);
    const expected = outcomeOf(whole.state);
    expect(expected).toMatchObject(small.comesTo);
    let call = 1;
    for (let lives = 2; lives > 1; call++) {
      const outside = new Outside();
      const run = await liveThrough(livingOf(small, outside), [call]);
      ({ lives } = run);
      expect({ call, comesTo: outcomeOf(run.state) }).toEqual({ call, comesTo: expected });
      expect({ call, ids: twoInputs(outside) }).toEqual({ call, ids: [] });
    }
    expect(call).toBeGreaterThan(7);
  });

  it.each(SMALL)('should change nothing of it if the next one dies as well, at each of the first calls: $name', async (small) => {
    const expected = outcomeOf((await liveThrough(livingOf(small, new Outside()), [])).state);
    for (const deaths of [
      [5, 4],
      [6, 5, 4],
      [7, 7, 7, 7, 7],
    ]) {
      const outside = new Outside();
      const run = await liveThrough(livingOf(small, outside), deaths);
      expect({ deaths, comesTo: outcomeOf(run.state) }).toEqual({ deaths, comesTo: expected });
      expect({ deaths, ids: twoInputs(outside) }).toEqual({ deaths, ids: [] });
    }
  });
});
