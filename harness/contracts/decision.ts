import { flag, list, nullable, oneOf, type Said, shape, text, time } from './schema.ts';

/** One fork of a tree that was passed. */
const forkShape = shape({
  asks: text(),
  answer: oneOf(['yes', 'no']),
  evidence: text('what the answer was read from'),
  at: text('the command that shows it'),
});

export type PassedFork = Said<typeof forkShape>;

const decisionShape = shape({
  about: oneOf(['variant', 'connector']),
  subject: text(),
  tree: text('the tree that was walked: row-counts, connector-errors'),
  path: list(forkShape),
  outcome: text('stable, kebab-case: where the path ended'),
  sound: flag('nothing is to be done'),
  cause: text('one sentence'),
  recommended: shape({
    recovery: nullable(text(), 'the name of a recovery; null where none is needed, or none helps'),
    run: list(text(), 'commands as they are typed, in their order'),
    why: text('why this one'),
  }),
});

/** What a decision tree says of one variant or connector. */
export type Decision = Said<typeof decisionShape>;

/** `GET /api/v1/decide` */
export const decisionsShape = shape({
  decided_at: time(),
  decisions: list(decisionShape, 'what needs something done first, the connectors first among these'),
});

export type Decisions = Said<typeof decisionsShape>;
