// Not given back with the clocks: whatever has read them must not see them go back.
let ahead = 0;

/** The clocks of the platform, which can be put forward: what a handler does that takes so long. Give them back with `jest.restoreAllMocks()`. */
export const clocks = (): { forward(ms: number): void } => {
  for (const clock of [performance, Date]) {
    const real = clock.now.bind(clock);
    jest.spyOn(clock, 'now').mockImplementation(() => real() + ahead);
  }
  return { forward: (ms) => (ahead += ms) };
};
