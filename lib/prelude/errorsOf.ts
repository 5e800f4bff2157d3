import type { RoutiluxError } from './RoutiluxError.js';

/** For each code of one kind of error the sentence that names the offender and the remedy. */
type Sentences = Readonly<Record<string, (details: never) => string>>;

type Parts = NonNullable<ConstructorParameters<typeof RoutiluxError>[2]>;

/** No message is longer, in characters: what is told is what a user has given (D46). */
const LONGEST = 2_000;

const shortened = (message: string): string => (message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message);

/** Makes the errors of one kind: by a code, the facts that its sentence needs, and what caused it, if something did. */
export const errorsOf =
  <S extends Sentences, E>(sentences: S, make: (code: keyof S & string, message: string, parts: Parts) => E) =>
  <C extends keyof S & string>(code: C, details: Parameters<S[C]>[0], ...cause: readonly unknown[]): E => {
    const facts = details as Readonly<Record<string, unknown>>;
    const message = (sentences[code] as unknown as (details: typeof facts) => string)(facts);
    return make(code, shortened(message), { details: facts, ...(cause.length === 0 ? {} : { cause: cause[0] }) });
  };
