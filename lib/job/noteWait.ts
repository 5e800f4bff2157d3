import * as fold from './fold.js';
import type { Ledger } from './Ledger.js';
import { type OpenWait, showWait } from './Wait.js';

/* What happens to the questions of a job; see `noteJob.ts`. */

/** A question is open. */
export const waitOpened = (ledger: Ledger, wait: OpenWait): void => {
  fold.waitOpened(ledger.data, wait);
  if (ledger.watched) ledger.tell({ type: 'waiting', ...showWait(wait) });
};

/** Somebody has answered it. */
export const waitAnswered = (ledger: Ledger, token: string, by: string | undefined): void => {
  fold.waitAnswered(ledger.data, token);
  if (ledger.watched) ledger.tell({ type: 'answered', token, ...(by !== undefined && { by }) });
};

/** Its time is over, and nobody has. */
export const waitExpired = (ledger: Ledger, token: string): void => {
  fold.waitClosed(ledger.data, token);
  if (ledger.watched) ledger.tell({ type: 'expired', token });
};
