import type { SinkPort } from '#engines/port/sink.ts';
import { OperatorError } from '#std/errors.ts';

function notYet(): never {
  throw new OperatorError({
    code: 'not-supported',
    message: 'MariaDB cannot be a sink yet',
    expected: '--sink postgres',
    found: 'mariadb',
  });
}

/** A sink of this engine is refused before anything is started for it. */
export const sink: SinkPort = {
  open: notYet,
  connectorConfig: notYet,
  copyTypes: notYet,
  createTable: notYet,
  whyUnfit: notYet,
  dropSpanning: notYet,
  empty: notYet,
  keepUnchangedValues: notYet,
  noteEffects: notYet,
  effectsOf: notYet,
  state: notYet,
};
