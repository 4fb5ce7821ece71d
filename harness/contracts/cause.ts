import { anomalyShape } from './anomaly.ts';
import { address, list, oneOf, type Said, shape, text } from './schema.ts';

/** Why something went wrong, said so that a person can act on it. One of the table in diagnosis/. */
export const causeShape = shape({
  code: text('stable, kebab-case: toast-placeholder'),
  says: text('one sentence: what is wrong'),
  evidence: list(text(), 'what was read, and where: a sentence each'),
  remedy: list(text(), "what to change, in the words of the user's own connector or program; each alone is enough"),
  docs: address('the page of the documentation'),
  certainty: oneOf(
    ['shown', 'likely', 'unknown'],
    "shown: values, catalogs or a server's own words show it. likely: it fits what was seen, and nothing speaks against it. " +
      'unknown: no cause of the table fits; then evidence is what was ruled out, and remedy what to look at',
  ),
  anomalies: list(anomalyShape, 'the classes of anomalies that it explains'),
});

export type Cause = Said<typeof causeShape>;
