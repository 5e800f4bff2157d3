import { MemoryStore } from './MemoryStore.js';

// A store in memory
/**
 * Keeps durable jobs in memory: for tests, and for what need not outlive its process. `crash()` lets its owner be gone, as if its process had
 * died; another runtime may open it then.
 *
 * @example
 * const store = memoryStore();
 * const runtime = await Runtime.open({ store, flows: [flow] });
 */
export const memoryStore = (): MemoryStore => new MemoryStore();
export type { MemoryStore };
