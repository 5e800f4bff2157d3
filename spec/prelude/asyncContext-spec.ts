import { AsyncLocalStorage } from 'node:async_hooks';
import * as node from '../../lib/prelude/asyncContext.node.js';
import * as none from '../../lib/prelude/asyncContext.none.js';

describe('the async context of Node', () => {
  it('should carry a value across awaits and timers, and keep those of two works apart', async () => {
    const context = node.createAsyncContext<string>();
    const read = async (): Promise<unknown[]> => {
      const before = context?.get();
      await new Promise((resolve) => void setTimeout(resolve, 1));
      return [before, context?.get()];
    };
    const [a, b] = await Promise.all([context?.run('a', read, 0, 0), context?.run('b', read, 0, 0)]);
    expect([a, b, context?.get()]).toEqual([['a', 'a'], ['b', 'b'], undefined]);
  });

  it('should hand its arguments on and give what the work gives', () => {
    expect(node.createAsyncContext<string>()?.run('x', (a: number, b: number) => a - b, 5, 3)).toBe(2);
  });

  it('should enter the context of where a scope was captured', () => {
    const storage = new AsyncLocalStorage<string>();
    const scope = storage.run('there', () => node.captureScope());
    const seen: unknown[] = [];
    storage.run('here', () => {
      scope?.runInAsyncScope((value: number) => seen.push(value, storage.getStore()), undefined, 7);
    });
    expect(seen).toEqual([7, 'there']);
  });
});

describe('a platform without an async context', () => {
  it('should say so by giving none', () => {
    expect([none.createAsyncContext(), none.captureScope()]).toEqual([undefined, undefined]);
  });
});
