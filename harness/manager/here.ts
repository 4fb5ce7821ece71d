import type { LabAddresses } from '#model/lab-addresses.ts';

/** What the addresses of pipelines stand for where a manager works. */
export interface Here {
  readonly env: NodeJS.ProcessEnv;
  /** The live lab as it is now. Throws an OperatorError where it is not up. */
  readonly lab: () => LabAddresses;
}
