/** Our settings in every workload. */
export const OURS = { default: {}, lean: { history: 0, metrics: false } };

/** Another build of ours that is measured in the same run (`--before`), with default settings: the URL of its door. */
export const before = () => process.env.ROUTILUX_BEFORE;

/** The size of a case, full or for the smoke. */
export const sizeOf = ({ size, smoke }, small) => (small ? { ...size, ...smoke } : size);

/** Who runs in a case, in the order of their turns: name → how to prepare it, and the options of ours. */
export const contendersOf = (workload, each) => {
  const { floor, ours, peers } = { ...workload, ...each };
  const variants = Object.entries(workload.variants ?? {}).map(([name, { options }]) => [name, options]);
  return new Map([
    ['floor', { prepare: floor, options: {} }],
    ...[...Object.entries(OURS), ...variants].map(([name, options]) => [name, { prepare: ours, options }]),
    ...(before() === undefined ? [] : [['before', { prepare: ours, options: {} }]]),
    ...Object.entries(peers).map(([name, prepare]) => [name, { prepare, options: {} }]),
  ]);
};

/** The floor and ours must come through; a peer may fail. */
export const isPeer = (workload, each, name) => Object.hasOwn({ ...workload, ...each }.peers, name);
