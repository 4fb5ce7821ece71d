import { expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { passOverOf, passOverTriggerSql } from './pass-over.ts';

test('a marked row that is updated gets its old values again, before any other trigger sees the new ones', () => {
  expect(passOverTriggerSql({ table: 'db.pairs', column: 'number' }, ['number', 'label'], 'note')).toBe(
    "CREATE TRIGGER `driftlab_pass_pairs` BEFORE UPDATE ON `pairs`\nFOR EACH ROW PRECEDES `note` BEGIN\n  IF EXISTS (SELECT 1 FROM driftlab_passed_over WHERE tbl = 'db.pairs' AND id = OLD.`number`) THEN SET NEW.`number` = OLD.`number`, NEW.`label` = OLD.`label`; END IF;\nEND",
  );
});

test('without another trigger it precedes none', () => {
  expect(passOverTriggerSql({ table: 'db.calm', column: 'id' }, ['id'], undefined)).toContain('FOR EACH ROW BEGIN');
});

test('an insert or a delete cannot be passed over, and why is said', () => {
  const passOver = passOverOf(mariadbFlavour);
  expect([...passOver.kinds]).toEqual(['update']);
  expect(passOver.whyNot).toContain('cannot keep one from being inserted or deleted');
});
