import { anomalyShape } from './anomaly.ts';
import { address, flag, list, oneOf, optional, type Said, shape, text } from './schema.ts';

const stepShape = shape({
  id: text(),
  title: text(),
  fault: text('the mechanism: kill-connect'),
  takes: list(oneOf(['seconds', 'rows']), 'what a request may say of it in the live lab'),
  needs: list(text(), 'what the stack must be able to do'),
  watch_for: text('what each variant is expected to show, in words'),
  impossible: optional(text('over HTTP, of a lab that is ready: why its stack cannot bring it about')),
});

/** A failure mode, as its scenario's file has it. */
const modeShape = shape({
  id: text('what trigger and POST /api/v1/faults/{mode} call it'),
  scenario: text('driftlab scenario SCENARIO --only MODE runs it'),
  title: text(),
  story: text(),
  live: flag('the live lab has it, as far as its stack can bring it about'),
  steps: list(stepShape, 'the first is what a request means that names none'),
});

export type CatalogueMode = Said<typeof modeShape>;

const causeShape = shape({
  code: text('stable, kebab-case'),
  title: text('one sentence'),
  docs: address(),
  of: oneOf(['rows', 'set-up'], 'rows: reports and the live lab name it. set-up: diagnose does'),
  anomalies: optional(list(anomalyShape, 'what it can explain')),
});

const recoveryShape = shape({
  name: text('driftlab recover NAME'),
  title: text('what has gone wrong, in one sentence'),
});

/** `GET /api/v1/catalogue`, `driftlab catalogue --json`: all that can be broken, found, and brought back. */
export const catalogueShape = shape({
  modes: list(modeShape),
  causes: list(causeShape),
  recoveries: list(recoveryShape),
});

export type Catalogue = Said<typeof catalogueShape>;
