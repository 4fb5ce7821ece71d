import { flag, list, oneOf, optional, type Said, shape, text } from './schema.ts';
import { VERDICTS } from './words.ts';

/** One step of a recovery, as it was found, and as it was left. */
const stepShape = shape({
  id: text('stable, kebab-case: repair-rows'),
  title: text(),
  at: text('where it is done'),
  before: text('what was looked at before, and what it showed'),
  run: list(text(), 'the commands and statements that do it; none where there is nothing to do'),
  loses: optional(text('what is given up by it for good')),
  outcome: oneOf(
    ['none', 'planned', 'refused', 'done'],
    'none: nothing to do. planned: not done, since nothing was to be. refused: it gives something up that nobody has agreed to',
  ),
  after: optional(text('what was looked at afterwards, and what it showed')),
});

export type RecoveredStep = Said<typeof stepShape>;

const verdictShape = shape({
  status: oneOf(
    [...VERDICTS, 'NO_DATA'],
    'what a comparison of two databases shows; NO_DATA where there was nothing to compare',
  ),
  says: text('one sentence'),
});

/** How source and target compare in the end. */
export type RecoveryVerdict = Said<typeof verdictShape>;

/** What a recovery found, and did. */
const reportShape = shape({
  recovery: text(),
  applied: flag(),
  variant: optional(text('on the live lab: the variant that was recovered')),
  steps: list(stepShape),
  verdict: optional(verdictShape),
});

export type RecoveryReport = Said<typeof reportShape>;
