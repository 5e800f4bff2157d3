import type { RoutiluxError } from './RoutiluxError.js';

/** For each code of one kind of error the sentence that names the offender and the remedy. */
type Sentences = Readonly<Record<string, (details: never) => string>>;

type Parts = NonNullable<ConstructorParameters<typeof RoutiluxError>[2]>;

/** Makes the errors of one kind: by a code, the facts that its sentence needs, and what caused it, if something did. */
export const errorsOf =
  <S extends Sentences, E>(sentences: S, make: (code: keyof S & string, message: string, parts: Parts) => E) =>
  <C extends keyof S & string>(code: C, details: Parameters<S[C]>[0], ...cause: readonly unknown[]): E => {
    const facts = details as Readonly<Record<string, unknown>>;
    const message = (sentences[code] as unknown as (details: typeof facts) => string)(facts);
    return make(code, message, { details: facts, ...(cause.length === 0 ? {} : { cause: cause[0] }) });
  };
