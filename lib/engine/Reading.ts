/** What is done with the values of a stream. */
export interface Reading {
  /** Takes a value; may throw, which is a failure of the stream. */
  readonly give: (value: unknown) => void;
  /** The stream has failed, or a value of it could not be given; may be called when it has been left. */
  readonly fail: (error: unknown) => void;
  readonly end: () => void;
  /** Whether nothing is to be given any more. */
  readonly isOver: () => boolean;
  /** Calls back once others have had their turn. */
  readonly breathe: (goOn: () => void) => void;
  /** What can wait gives a value only when there is room for it. */
  readonly room?: Room;
}

/** Room for the values of a stream. */
export interface Room {
  isFree(): boolean;
  /** Calls back when it may be free, never at once. */
  whenFree(goOn: () => void): void;
}

/** Leaves a stream that is not at its end, and tells it why. */
export type Leave = (reason?: unknown) => void;
