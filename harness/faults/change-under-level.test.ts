import { expect, test } from 'vitest';
import type { ColumnChange } from '#model/definition.ts';
import { order, type ScriptedWorld, type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { type ChangeUnderLevelOptions, changeUnderLevel } from './change-under-level.ts';

const column = { name: 'rank', kind: { kind: 'integer', bits: 32 } } as const;
const added: readonly ColumnChange[] = [{ add: { ...column, default: 0 } }, { alter: column }];
const SUBJECT = 'lab.orders-value';
const SAYS = `Incompatible artifact: ${SUBJECT} [AVRO], num of incompatible diffs: {1}, list of diff types: [x at /fields/0]`;
const TRACE = `org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler
\tat org.apache.kafka.connect.runtime.A.b(A.java:1)
Caused by: io.apicurio.registry.rest.client.exception.RuleViolationException: ${SAYS}
\tat io.apicurio.registry.C.d(C.java:2)`;

const fault = (options: Partial<ChangeUnderLevelOptions> = {}) =>
  changeUnderLevel({
    ...{ table: 'orders', level: 'BACKWARD', changes: added, what: 'rank was added', tell: 'rank', refused: true },
    ...options,
  });

/** Forty changes a look; they are captured unless the connector has failed. */
const writing = (onLook: (world: ScriptedWorld) => void = () => {}): NonNullable<ScriptOptions['onLook']> => {
  return (world) => {
    for (let more = 0; more < 40; more++) world.operations.push(order(world.operations.length));
    onLook(world);
    if (world.capture.state === 'running') for (const operation of world.operations) world.held.add(operation.key);
  };
};
const refusing = (trace: string) =>
  writing((world) => {
    if (!world.held.has('healed')) world.capture = { state: 'failed', error: 'it failed', trace };
  });

test('a schema that the registry refuses waits for the level NONE, and the connector to be started again', async () => {
  const script = scriptPipeline({ onLook: refusing(TRACE) });
  const injected = await fault().inject(script.context);
  script.world.held.add('healed');
  await injected.heal();
  expect(script.done).toEqual([
    `${SUBJECT} BACKWARD`,
    'column rank added to public.orders',
    'column rank of public.orders altered',
    'writers told rank',
    'wait for the change to be captured, or refused',
    'wait for changes to wait for the connector',
    'wait for every consumer to take the change, or to refuse it',
    `${SUBJECT} NONE`,
    'capture started again',
    'wait for what waited to be captured',
    'wait for every consumer to take the change, or to refuse it',
  ]);
  const { bit, summary, figures, refused } = await injected.evidence();
  expect([bit, refused]).toEqual([true, [{ by: 'registry', name: SUBJECT, status: 409, says: SAYS }]]);
  expect(summary).toMatch(
    /^under BACKWARD, rank was added: the registry refused the schema of the subject lab\.orders-value \(HTTP 409\), and the source connector failed; 40 changes waited \d\.\d s for/,
  );
  expect(figures).toMatchObject({
    ...{ level: 'BACKWARD', column: 'rank', change: 'added without a default' },
    ...{ subject: SUBJECT, refused_by: 'registry', http_status: 409 },
  });
});

test('a schema that the registry takes, and should not, is no effect; nor is one that it refuses and should take', async () => {
  const taken = scriptPipeline({ onLook: writing() });
  expect(await (await fault().inject(taken.context)).evidence()).toMatchObject({
    ...{ bit: false, refused: [] },
    summary:
      'under BACKWARD, rank was added: the registry took the schema, and 40 changes were captured with it; under BACKWARD a registry refuses that',
  });
  const refused = scriptPipeline({ onLook: refusing(TRACE) });
  const wrongly = await (await fault({ refused: false }).inject(refused.context)).evidence();
  expect([wrongly.bit, wrongly.summary.endsWith('; under BACKWARD a registry takes that')]).toEqual([false, true]);
});

test('a connector that fails for another reason has not been refused by the registry', async () => {
  const script = scriptPipeline({ onLook: refusing('java.io.IOException: disk') });
  const { bit, refused } = await (await fault().inject(script.context)).evidence();
  expect([bit, refused]).toEqual([false, [{ by: 'source-connector', name: 'source', says: 'it failed' }]]);
});

test('a consumer that refuses the change gets the column by hand; one that had failed before is left as it is', async () => {
  const script = scriptPipeline({
    consumers: { jdbc: {}, strict: { state: 'failed' } },
    onLook: writing(({ failed }) => failed.set('jdbc', 'Cannot ALTER table')),
  });
  const injected = await fault({ level: 'NONE', refused: false, byHand: column }).inject(script.context);
  await injected.heal();
  expect(script.done.slice(-2)).toEqual(['jdbc: column rank added to public.orders', 'jdbc started again']);
  const { bit, summary, refused, figures } = await injected.evidence();
  expect([bit, refused, figures.refused_by]).toEqual([
    true,
    [{ by: 'sink', name: 'jdbc', says: 'Cannot ALTER table' }],
    'sink',
  ]);
  expect(summary).toContain('; the consumer of jdbc refused it');
});

test('a column that is not there cannot be changed: the level is taken back, and the step that adds it is hinted at', async () => {
  const script = scriptPipeline();
  await expect(fault({ changes: [{ alter: column }] }).inject(script.context)).rejects.toMatchObject({
    ...{ code: 'column-missing', found: 'id' },
  });
  expect(script.done).toEqual([`${SUBJECT} BACKWARD`, `${SUBJECT} NONE`]);
});

test('it needs a registry, and columns that can be changed', () => {
  expect(fault().needs).toEqual(['source-ddl', 'column-ddl', 'registry']);
});
