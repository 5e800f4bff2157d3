/** Why a log cannot be read, in words that end a sentence: "Cannot read 'x': …". */
export class LogError extends Error {
  override readonly name = 'LogError';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission is denied',
  Z_BUF_ERROR: 'its gzip data is cut off',
  Z_DATA_ERROR: 'its gzip data is damaged',
};

/** What the system said, in our words. */
export const toLogError = (error: unknown): LogError => {
  if (error instanceof LogError) return error;
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  return new LogError(REASONS[code] ?? message, { cause: error });
};

export const isEmpty = (): LogError => new LogError('it is empty');

/** No line is in the combined format: of all, or of so many that it is no use to go on. */
export const isNoLog = (lines?: number): LogError =>
  new LogError(
    `it is no access log, for none of its ${lines === undefined ? '' : `first ${show(lines)} `}lines is in the combined format`,
  );

const show = (lines: number): string => lines.toLocaleString('en');
