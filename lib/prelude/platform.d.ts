/**
 * Exactly what every platform shares (browser, worker, Node, Deno, Bun) and the core may use beside ES2022.
 * The core compiles against this file alone, so that a `process`, a `Buffer` or a `window` shows as an error.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare const AbortController: { new (): AbortController };
declare const performance: { now(): number };
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
declare function structuredClone<T>(value: T): T;
declare function setTimeout(work: () => void, ms: number): unknown;
