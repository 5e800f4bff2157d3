import { concatMap, defer, filter, type ObservableInput, type OperatorFunction } from 'rxjs';

/**
 * Groups what arrives while the group before is being handled; what comes twice is in its group once. No timer: the first of all is a group
 * of its own.
 *
 * ```text
 * item     --a--b-c-b----d-----
 * handle     [a---]              each takes as long as it takes
 *                [b,c---]
 *                       [d--]
 * result   ------A------B--D---
 * ```
 */
export const grouped =
  <T, R>(handle: (group: ReadonlySet<T>) => ObservableInput<R>): OperatorFunction<T, R> =>
  (item$) =>
    defer(() => {
      let coming = new Set<T>();
      const handleAll = (): ObservableInput<R> => {
        const group = coming;
        coming = new Set();
        return handle(group);
      };
      // The first of a group stands for it until its turn comes.
      return item$.pipe(
        filter((item) => !coming.has(item) && coming.add(item).size === 1),
        concatMap(() => defer(handleAll)),
      );
    });
