/** One word after `driftlab`. */
export interface CliCommand {
  /** What the help says of it. */
  readonly summary: string;
  /** Meant for driftlab itself, not for people: not in the help. */
  readonly hidden?: boolean;
  /** Runs it and returns the exit status. `args` are what follows the word. */
  run(args: readonly string[]): Promise<number>;
}
