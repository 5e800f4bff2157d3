import type { Known } from '../flow/checkOption.js';
import type { FlowOptions } from '../flow/FlowOptions.js';
import type { DecodeOptions } from './decodeJson.js';

/** What a flow from JSON needs beside it, and how much the JSON may ask for. */
export type FromJsonOptions = DecodeOptions & Pick<FlowOptions, 'scheduler' | 'asyncContext' | 'random' | 'newId'>;

export const FROM_JSON_OPTIONS: Known<FromJsonOptions> = {
  maxDepth: true,
  maxString: true,
  scheduler: true,
  asyncContext: true,
  random: true,
  newId: true,
};
