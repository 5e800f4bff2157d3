// Mutations that no spec can notice, since they change nothing that can be seen: each says why. `from` stands exactly once in `file`,
// and with `to` in its place the file is what the mutation makes of it. Whoever changes such a line changes it here, too.
export const unchanging = [
  {
    file: 'lib/engine/JobLedger.ts',
    from: 'if (this.watched) this.post(',
    to: 'if (true) this.post(',
    why: 'a record that nobody watches reaches nobody: whoever comes before it is told does not hear what was posted before',
  },
  {
    file: 'lib/engine/TaskQueue.ts',
    from: 'else this.#move(this.#taken * 2 < length ?',
    to: 'else this.#move(this.#taken / 2 < length ?',
    why: 'a queue that is taken as fast as it is filled would grow to one chunk, and no further, where it stays at a few cells',
  },
  {
    file: 'lib/engine/Views.ts',
    from: "this.#same('status',",
    to: "this.#same('',",
    why: 'a key that no other view has, as good as any other',
  },
  {
    file: 'lib/job/fold.ts',
    from: 'if (waiting <= (routine.highWater[ordinal] ?? 0)) return;',
    to: 'if (waiting < (routine.highWater[ordinal] ?? 0)) return;',
    why: 'a mark is set once more to what it is',
  },
  {
    file: 'lib/flow/Connections.ts',
    from: 'if (mapping === undefined) return null;',
    to: 'if (mapping === undefined) return undefined;',
    why: 'JSON writes both as null in a list',
  },
  {
    file: 'lib/prelude/clone.ts',
    from: 'if (prototype === Object.prototype) return',
    to: 'if (false) return',
    why: 'a short cut for what is common: the last line of the function says the same of it, after more questions',
  },
  {
    file: 'lib/wire/codecs.ts',
    from: '(u): u is Read<P> => isPlainObject(u),',
    to: '(u): u is Read<P> => false,',
    why: 'io-ts wants a guard, and nobody asks this one: no union is made of such codecs',
  },
];
