/** The same, as whoever makes it sees it. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
