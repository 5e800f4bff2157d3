import { durableError } from '../../job/durableError.js';
import { utf8Length } from '../../prelude/utf8Length.js';

/** Refuses what takes more bytes than it may as it is stored; `where` names the place in the message. @throws JobError `PAYLOAD_TOO_LARGE` */
export const checkSize = (json: unknown, where: () => string, limit: number): void => {
  const bytes = utf8Length(JSON.stringify(json));
  if (bytes > limit) throw durableError('PAYLOAD_TOO_LARGE', { where: where(), bytes, limit });
};
