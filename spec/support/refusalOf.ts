/** What a call throws or rejects with. */
export const refusalOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
    return 'went through';
  } catch (error) {
    return error;
  }
};
