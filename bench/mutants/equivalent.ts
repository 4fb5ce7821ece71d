/** A change after which nothing that anybody can see is different, so that no test can notice it. */
export interface Equivalent {
  readonly file: string;
  /** The code that is replaced, blanks made one. */
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

export const EQUIVALENT: readonly Equivalent[] = [];
