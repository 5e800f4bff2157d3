import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
      scope.runInAsyncScope((value: number) => seen.push(value, storage.getStore()), undefined, 7);
    });
    expect(seen).toEqual([7, 'there']);
  });

  describe('a scope that was captured', () => {
    const storage = new AsyncLocalStorage<unknown>();
    const [one, other] = [{ is: 'one' }, { is: 'other' }];
    const storeIn = (scope: ReturnType<typeof node.captureScope>): unknown => {
      let store: unknown = 'none was entered';
      scope.runInAsyncScope(() => (store = storage.getStore()), undefined);
      return store;
    };

    it('should have the stores of its own place, however many are captured in one turn', () => {
      const scopes = [one, other, undefined, one, one].map((store) => storage.run(store, node.captureScope));
      storage.enterWith(other);
      scopes.push(node.captureScope());
      storage.enterWith(undefined);
      scopes.push(node.captureScope());
      expect(scopes.map(storeIn)).toEqual([one, other, undefined, one, one, other, undefined]);
    });

    it('should see a storage that was not there when another was captured before in the same place', () => {
      const first = node.captureScope();
      const late = new AsyncLocalStorage<string>();
      const second = late.run('late', node.captureScope);
      const seen: unknown[] = [];
      for (const scope of [first, second]) scope.runInAsyncScope(() => seen.push(late.getStore()), undefined);
      expect(seen).toEqual([undefined, 'late']);
    });

    it('should not have the stores of a place that is left meanwhile: exit', () => {
      const scopes = storage.run(one, () => [node.captureScope(), storage.exit(node.captureScope), node.captureScope()]);
      expect(scopes.map(storeIn)).toEqual([one, undefined, one]);
    });

    it('should be its own: what is put into it is there at its next use, and for nobody else', () => {
      const [first, second] = storage.run(one, () => [node.captureScope(), node.captureScope()]);
      first.runInAsyncScope(() => {
        storage.enterWith(other);
      }, undefined);
      expect([storeIn(first), storeIn(second)]).toEqual([other, one]);
    });

    it('should hold what is there then if it is captured later', async () => {
      const first = storage.run(one, node.captureScope);
      await Promise.resolve();
      expect([storeIn(storage.run(other, node.captureScope)), storeIn(first)]).toEqual([other, one]);
    });

    it('should not keep the stores of the turn in memory once nobody has the scope', async () => {
      const store = new WeakRef({ large: [1, 2, 3] });
      storage.run(store.deref(), () => void node.captureScope());
      await new Promise((resolve) => void setTimeout(resolve, 5));
      setFlagsFromString('--expose-gc');
      (runInNewContext('gc') as () => void)();
      expect(store.deref()).toBeUndefined();
    });

    it('should share its context with those of one place and turn, where Node shows it (up to 22)', async () => {
      const contextOf = (scope: unknown): unknown => (scope as { context: unknown }).context;
      const capture = () => contextOf(storage.run(one, node.captureScope));
      const contexts = [capture(), capture()];
      await Promise.resolve();
      contexts.push(capture());
      const isShared = Number.parseInt(process.versions.node) < 24;
      expect(contexts.map((each) => each === contexts[0])).toEqual([true, isShared, false]);
    });
  });
});

describe('a platform without an async context', () => {
  it('should say so by giving none', () => {
    expect([none.createAsyncContext(), none.captureScope()]).toEqual([undefined, undefined]);
  });
});
