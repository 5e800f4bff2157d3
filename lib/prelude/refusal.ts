/** What a call throws, as a promise gives it. */
// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is, which a catch cannot know
export const refusal = (error: unknown): Promise<never> => Promise.reject(error);
