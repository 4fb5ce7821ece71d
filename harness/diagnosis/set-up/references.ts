import type { SetUpEntry } from './entry.ts';

const VARIABLE = /^\$\{env:([^{}:]+)\}$/;
/** A name of the live lab's, which stands for nothing while the lab is not up. */
const LAB = /^lab(:|$)/;

const unset: SetUpEntry = {
  code: 'reference-unset',
  title: 'An address refers to a variable, a file or a live lab that is not there where the pipeline is started.',
  docs: 'https://kafka.apache.org/documentation/#connect_configproviders',
  find({ unresolved: all, pipeline }) {
    const unresolved = all.filter(({ refused }) => refused === undefined);
    if (unresolved.length === 0) return undefined;
    const references = [...new Set(unresolved.map(({ reference }) => reference))];
    const variables = references.flatMap((reference) => VARIABLE.exec(reference)?.[1] ?? []);
    const commands = [
      ...(variables.length > 0 ? [`export ${variables.map((name) => `${name}=…`).join(' ')}`] : []),
      ...(references.some((reference) => LAB.test(reference)) ? ['npx driftlab up'] : []),
    ];
    return {
      says: `${references.join(', ')} ${references.length === 1 ? 'stands' : 'stand'} for nothing here.`,
      evidence: unresolved.map(
        ({ whose, reference }) => `the address of ${whose} has ${reference}, and it cannot be resolved`,
      ),
      fix: {
        by: commands.length > 0 ? 'command' : 'hand',
        at: 'where pipelines are started',
        run: commands.length > 0 ? commands : references,
      },
      check: [`driftlab pipeline show ${pipeline.name} has the addresses as they are stored`],
      certainty: 'shown',
    };
  },
};

const vault: SetUpEntry = {
  code: 'reference-vault',
  title: 'An address refers to a secret that Vault does not give.',
  docs: 'https://developer.hashicorp.com/vault/docs/commands#environment-variables',
  find({ unresolved, pipeline }) {
    const refused = unresolved.flatMap((one) => (one.refused === undefined ? [] : [{ ...one, ...one.refused }]));
    const [first] = refused;
    if (first === undefined) return undefined;
    return {
      says: `Vault does not give what ${first.reference} stands for.`,
      evidence: refused.map(({ whose, reference, why }) => `the address of ${whose} has ${reference}: ${why}`),
      fix: { by: 'hand', at: 'where pipelines are started', run: [...new Set(refused.map(({ fix }) => fix))] },
      check: [`driftlab pipeline diagnose ${pipeline.name} does not name it any more`],
      certainty: 'shown',
    };
  },
};

export const REFERENCES: readonly SetUpEntry[] = [unset, vault];
