import { contendersOf } from './contenders.js';
import { Measurer } from './Measurer.js';
import { BenchFailure } from './rounds.js';

const CAP_MS = 20_000;

/**
 * Runs everything once in small, and looks at results, never at times. Then the control: a result that is expected to be
 * other than it is must be called wrong in every case, or the check checks nothing.
 */
export const smoke = async (workloads, say) => {
  const measurer = new Measurer();
  const expect = async (wanted, { id, name, at, contender }) => {
    const control = wanted === 'wrong';
    const key = `${id} ${name}, ${contender}${control ? ', control' : ''}`;
    const { status, why } = await measurer.round({ key, id, at, name: contender, smoke: true, control }, CAP_MS);
    if (status !== wanted) throw new BenchFailure(`${key}: ${status}${why === undefined ? '' : ` (${why})`}`);
  };
  let checked = 0;
  try {
    for (const workload of workloads) {
      for (const [at, each] of workload.cases.entries()) {
        const place = { id: workload.id, name: each.name, at };
        for (const contender of contendersOf(workload, each).keys()) {
          await expect('ok', { ...place, contender });
          checked++;
        }
        await expect('wrong', { ...place, contender: 'default' });
      }
      say(`${workload.id} ok`);
    }
  } finally {
    measurer.close();
  }
  return checked;
};
