import { expect, test } from 'vitest';
import { passOver, passOverTriggerSql } from './pass-over.ts';

test('a change of a marked row is left undone before it is made', () => {
  expect(passOverTriggerSql({ table: 'public.pairs', column: 'number' })).toBe(
    'CREATE OR REPLACE TRIGGER driftlab_pass_over BEFORE INSERT OR UPDATE OR DELETE ON "public"."pairs"\n  FOR EACH ROW EXECUTE FUNCTION driftlab.pass_over(\'public.pairs\', \'number\')',
  );
});

test('every change can be passed over', () => {
  expect([...passOver.kinds].sort()).toEqual(['delete', 'insert', 'update']);
  expect(passOver.whyNot).toBeUndefined();
});
