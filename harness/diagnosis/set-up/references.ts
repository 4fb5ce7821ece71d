import type { SetUpEntry } from './entry.ts';

const VARIABLE = /^\$\{env:([^{}:]+)\}$/;

const unset: SetUpEntry = {
  code: 'reference-unset',
  title: 'An address refers to a variable or a file that is not there where the pipeline is started.',
  docs: 'https://kafka.apache.org/documentation/#connect_configproviders',
  find({ unresolved, pipeline }) {
    if (unresolved.length === 0) return undefined;
    const references = [...new Set(unresolved.map(({ reference }) => reference))];
    const variables = references.flatMap((reference) => VARIABLE.exec(reference)?.[1] ?? []);
    const run = variables.length > 0 ? [`export ${variables.map((name) => `${name}=…`).join(' ')}`] : references;
    return {
      says: `${references.join(', ')} ${references.length === 1 ? 'stands' : 'stand'} for nothing here.`,
      evidence: unresolved.map(
        ({ whose, reference }) => `the address of ${whose} has ${reference}, and it cannot be resolved`,
      ),
      fix: { by: variables.length > 0 ? 'command' : 'hand', at: 'where pipelines are started', run },
      check: [`driftlab pipeline show ${pipeline.name} has the addresses as they are stored`],
      certainty: 'shown',
    };
  },
};

export const REFERENCES: readonly SetUpEntry[] = [unset];
