/** What a call throws, as a promise gives it: one that counts as handled, so that a call which nobody awaits harms nobody. */
export const quietRefusal = (error: unknown): Promise<never> => {
  const refused = refusal(error);
  refused.catch(() => undefined);
  return refused;
};

/** What a call throws, as a promise gives it. */
// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is, which a catch cannot know
export const refusal = (error: unknown): Promise<never> => Promise.reject(error);
