/** A job that a handler may have started. */
export interface Started<A> {
  /** The attempt of that handler. */
  readonly parent: A | undefined;
  /** Who works on its tasks: the same for all jobs of a flow. */
  readonly parts: { readonly engine: unknown };
}

/** An attempt that may lend its worker. */
export interface Lending<A> {
  readonly run: Started<A>;
  readonly isAtWork: boolean;
  /** The seat that holds it, if it holds a worker. */
  readonly seat: object | undefined;
  readonly lent: boolean;
}

/** The attempt that can lend its worker to a job: the nearest of this flow that led to it, while it is at work and has not lent it. */
export const lenderOf = <A extends Lending<A>>(run: Started<A>): A | undefined => {
  let { parent } = run;
  while (parent !== undefined && parent.run.parts.engine !== run.parts.engine) ({ parent } = parent.run);
  return parent?.isAtWork === true && parent.seat !== undefined && !parent.lent ? parent : undefined;
};
