import type { Request } from './parse.js';

export type Kind = 'page' | 'asset' | 'robot' | 'error';

const ROBOT = /bot\b|crawl|spider|slurp|archiver|feed|rss|wget|curl|python|java\/|libwww/i;
const ASSET = /\.(?:css|js|json|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|eot|otf|mp[34]|webm)$/i;

/** What kind of request it was: one that failed, one of a program, a part of a page, or a page. */
export const classify = ({ status, agent, path }: Request): Kind => {
  if (status >= '400') return 'error';
  if (ROBOT.test(agent) || path === '/robots.txt') return 'robot';
  return ASSET.test(path) ? 'asset' : 'page';
};
