import { expect, test } from 'vitest';
import { offerOf } from './safe.ts';

const COMMANDS = { start: ['driftlab pipeline start shop'] };
const offered = (
  by: 'sql' | 'command' | 'hand',
  run: readonly string[],
  at = 'the source db:5432/shop, as a superuser',
) => offerOf({ by, at, run }, COMMANDS);

test.for([
  'GRANT SELECT ON "public"."items" TO "app"',
  'GRANT CREATE ON DATABASE "own" TO "app"',
  'ALTER ROLE "app" REPLICATION',
  'ALTER ROLE "a""pp" LOGIN',
  'CREATE PUBLICATION "mark" FOR TABLE "public"."items" WITH (publish_via_partition_root = true)',
  'ALTER PUBLICATION "mark" ADD TABLE "public"."items"',
  'ALTER TABLE "public"."it ems" ADD "note" text',
  'ALTER TABLE `copy`.`items` ADD COLUMN `note` longtext',
])('offered: %s', (statement) => {
  expect(offered('sql', [statement])).toBe('source');
  expect(offered('sql', [statement], 'the target db:5432/copy')).toBe('target');
});

test.for([
  'ALTER ROLE "app" PASSWORD \'…\'',
  'ALTER TABLE "public"."items" ADD PRIMARY KEY (…)',
  'ALTER TABLE "public"."items" ADD PRIMARY KEY ("id")',
  'ALTER TABLE "public"."items" DROP COLUMN "note"',
  'ALTER TABLE "public"."items" ALTER COLUMN "note" TYPE text',
  'ALTER PUBLICATION "mark" DROP TABLE "public"."items"',
  'GRANT SELECT ON "items" TO "app"; DROP TABLE "items"',
  "SELECT pg_drop_replication_slot('mark')",
  'SELECT pg_terminate_backend(1)',
  "ALTER SYSTEM SET wal_level = 'logical'",
  'CREATE TABLE "public"."items" (…)',
  'TRUNCATE "items"',
])('not offered: %s', (statement) => {
  expect(offered('sql', [statement])).toBeUndefined();
  // One that is not safe takes those beside it with it.
  expect(offered('sql', ['GRANT SELECT ON "items" TO "app"', statement])).toBeUndefined();
});

test('a start is offered, and neither another load nor what a person does by hand', () => {
  expect(offered('command', COMMANDS.start)).toBe('start');
  expect(offered('command', ['driftlab pipeline delete shop', ...COMMANDS.start])).toBeUndefined();
  expect(offered('hand', ['GRANT SELECT ON "items" TO "app"'])).toBeUndefined();
  expect(offered('sql', [])).toBeUndefined();
});
