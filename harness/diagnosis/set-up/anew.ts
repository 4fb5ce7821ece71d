import type { SetUpFacts, SetUpFix } from '#model/set-up.ts';

/** Where what was loaded, or committed since, is nowhere any more: only another load has it. */
export function anew({ pipeline: { name, mode } }: Pick<SetUpFacts, 'pipeline'>): SetUpFix {
  const again = mode === 'cdc_only' ? '' : ' --on-existing truncate';
  return {
    by: 'command',
    at: 'where the pipeline is managed',
    run: [
      `driftlab pipeline delete ${name}`,
      `driftlab pipeline create ${name} …${again}`,
      `driftlab pipeline start ${name}`,
    ],
  };
}
