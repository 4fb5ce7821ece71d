/** What a step has to do, as a look at the servers shows it. */
export interface Needed {
  /** What was looked at, and what it showed. */
  readonly saw: string;
  /** The commands and statements that do it, as a person would run them; none where there is nothing to do. */
  readonly run: readonly string[];
  /** What is given up by it for good. */
  readonly loses?: string;
  /** Does it. Throws an OperatorError where a server refuses. */
  apply?(): Promise<void>;
}

/** Whether a step has had its effect. */
interface Held {
  readonly holds: boolean;
  readonly saw: string;
}

/** One step of a recovery: it looks before it does anything, and looks again afterwards. */
export interface RecoveryStep {
  readonly id: string;
  /** In the imperative: `add the columns that the target lacks`. */
  readonly title: string;
  readonly at: string;
  look(): Promise<Needed>;
  /** Looks whether it has had its effect. */
  holds(): Promise<Held>;
}
