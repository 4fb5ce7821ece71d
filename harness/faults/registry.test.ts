import { expect, test } from 'vitest';
import type { FaultContext } from '#model/fault.ts';
import type { Network, Trouble } from '#model/network.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { emptyRegistry } from './empty-registry.ts';
import { killRegistry } from './kill-registry.ts';
import { answerOf, refuseRegistry } from './refuse-registry.ts';
import { refuseSchema } from './refuse-schema.ts';
import { slowRegistry } from './slow-registry.ts';

const ERROR = 'it did not answer';

interface Script extends ScriptOptions {
  /** Schemas by subject; the number of each is its place. */
  readonly schemas?: readonly string[];
  /** What the subjects are called; by default s0, s1 and so on. */
  readonly subjects?: readonly string[];
  /** Whether the source connector fails at what it asks the registry. */
  readonly fails?: boolean;
}

/** A pipeline with a registry, and what is done to both. */
function scripted({ schemas: first = [], subjects = [], fails = true, ...options }: Script = {}) {
  const script = scriptPipeline({ nodes: ['registry', 'connect', 'connect-sink'], ...options });
  const { done } = script;
  let schemas = [...first];
  const registry: SchemaRegistry = {
    subjects: async () => schemas.map((_, place) => subjects[place] ?? `s${place}`),
    schema: async (id) => (schemas[id] === undefined ? undefined : { type: 'AVRO', text: schemas[id], references: [] }),
    latest: async (subject) => {
      const named = subjects.indexOf(subject);
      const place = named >= 0 ? named : subject.startsWith('s') ? Number(subject.slice(1)) : 0;
      return schemas[place] === undefined ? undefined : { id: place, text: schemas[place] };
    },
    async register(subject, { text }) {
      done.push(`${subject} is ${text}`);
      return 0;
    },
    compatibility: async () => 'NONE',
    remove: async (subject) => void done.push(`${subject} removed`),
    setCompatibility: async (subject, mode) => void done.push(`${subject} ${mode}`),
  };
  const troubles: Trouble[] = [];
  const network: Network = {
    whyNot: () => undefined,
    async trouble(between, trouble) {
      troubles.push(trouble);
      done.push(`${trouble.kind} ${between.join('–')}`);
      const none = { passed: 9, stopped: 0, reset: 0, accepted: 0 };
      return {
        traffic: async () => ({ ...none, answered: 3, delaysMs: [510, 520] }),
        since: async () => ({ ...none, answered: 0, delaysMs: [] }),
        heal: async () => void done.push('network healed'),
      };
    },
  };
  const status = async () => ({ state: fails ? ('failed' as const) : ('running' as const), error: ERROR });
  const { stack, pipeline } = script.context;
  const context: FaultContext = {
    ...script.context,
    stack: { ...stack, network, registry: { url: '', ownUrl: '', forget: async () => void done.push('forgotten') } },
    pipeline: { ...pipeline, registry, capture: { ...pipeline.capture, status } },
  };
  return { ...script, context, troubles, lose: (now: readonly string[]) => (schemas = [...now]) };
}

test('the registry is killed, the connector starts again and fails; who attends to it starts it again', async () => {
  const { context, done } = scripted();
  const injected = await killRegistry({ asking: 'source', attended: true }).inject(context);
  const injecting = [
    ...['capture restarted', 'registry killed', 'capture started again'],
    ...['wait for a connector to need the registry', 'hold for 3000 ms: the registry stays down'],
  ];
  expect(done).toEqual(injecting);
  await injected.heal();
  expect(done.slice(injecting.length)).toEqual(['registry started', 'capture started again']);
  expect(await injected.evidence()).toMatchObject({ bit: true, figures: { connectors_failed: 1 } });
});

test('nobody attends to it by default, and of a connector that goes on nothing is said', async () => {
  const { context, done } = scripted();
  await (await killRegistry({ asking: 'source' }).inject(context)).heal();
  expect(done.at(-1)).toBe('registry started');
  const going = scripted({ fails: false });
  await expect(killRegistry({ asking: 'source' }).inject(going.context)).rejects.toMatchObject({ code: 'timed-out' });
  expect(going.done.at(-1)).toBe('registry started');
});

test('for consumers, their workers die with what they remember, and the source connector is left alone', async () => {
  const { context, done } = scripted({ consumers: { jdbc: { kind: 'connect-sink', state: 'failed' } } });
  await killRegistry({ asking: 'consumers' }).inject(context);
  expect(done.slice(0, 3)).toEqual(['registry killed', 'connect-sink killed', 'connect-sink started']);
});

test('the registry is stopped, emptied and started; evidence is what became of its numbers', async () => {
  const { context, done, lose } = scripted({
    schemas: ['a', 'b', 'c'],
    onLook: (world) => {
      world.end += 100n;
    },
  });
  const injected = await emptyRegistry({ asking: 'source' }).inject(context);
  expect(done).toEqual([
    ...['registry stopped', 'forgotten', 'hold for 3000 ms: the registry is being emptied', 'registry started'],
    ...['s1 is b', 's2 is c', 's0 is a'],
    ...['capture started again', 'wait for records in numbers that were given anew'],
  ]);
  lose(['b', 'b']);
  expect(await injected.evidence()).toMatchObject({
    bit: true,
    figures: { schemas_before: 3, numbers_missing: 1, numbers_given_anew: 1 },
  });
  lose(['a', 'b', 'c']);
  expect(await injected.evidence()).toMatchObject({ bit: false });
});

test('keys take the numbers of other keys, and values those of other values', async () => {
  const { context, done } = scripted({
    schemas: ['ak', 'av', 'bk', 'bv', 'ck', 'cv'],
    subjects: ['a-key', 'a-value', 'b-key', 'b-value', 'c-key', 'c-value'],
    onLook: (world) => {
      world.end += 100n;
    },
  });
  await emptyRegistry({ asking: 'source' }).inject(context);
  const registered = done.filter((one) => /^[abc]-/.test(one)).map((one) => one.split(' ')[0]);
  expect(registered).toEqual(['b-key', 'b-value', 'c-key', 'c-value', 'a-key', 'a-value']);
});

test('a slow registry is measured while the connector asks it', async () => {
  const capturing: ScriptOptions['onLook'] = (world) => {
    world.records += 1;
  };
  const { context, troubles } = scripted({ onLook: capturing });
  const injected = await slowRegistry({ latencyMs: 500 }).inject(context);
  expect(troubles).toEqual([{ kind: 'slow', latencyMs: 500, jitterMs: 0 }]);
  expect(await injected.evidence()).toMatchObject({ bit: true, figures: { delay_ms_median: 520 } });
});

test('a registry that answers with errors does so in the form of one, until it is healed', async () => {
  const answer = { status: 422, message: 'no' };
  expect(answerOf(answer)).toBe(
    [
      ...['HTTP/1.1 422 Unprocessable Entity', 'Content-Type: application/json', 'Content-Length: 33'],
      ...['Connection: close', '', '{"error_code":422,"message":"no"}'],
    ].join('\r\n'),
  );
  const { context, done } = scripted();
  const injected = await refuseRegistry({ ...answer, attended: true }).inject(context);
  await injected.heal();
  expect(done.slice(-2)).toEqual(['network healed', 'capture started again']);
  expect(await injected.evidence()).toMatchObject({ bit: true, figures: { status: 422, requests_refused: 3 } });
});

test('another schema takes the place of the connector’s own, whose schema is then refused', async () => {
  const own = JSON.stringify({ type: 'record', name: 'Envelope', namespace: 'p.t', fields: [] });
  const { context, done } = scripted({ schemas: [own] });
  const injected = await refuseSchema({ attended: true }).inject(context);
  const subject = String((await injected.evidence()).figures.subject);
  const taken = `${subject} is {"type":"record","name":"Envelope","namespace":"p.t","fields":[{"name":"before","type":"int"}]}`;
  expect(done).toEqual([
    ...['capture restarted', 'capture stopped', `${subject} removed`, taken, `${subject} BACKWARD`, 'capture resumed'],
    ...['wait for a connector to need the registry', 'hold for 3000 ms: the registry refuses a schema'],
  ]);
  await injected.heal();
  expect(done.slice(-2)).toEqual([`${subject} NONE`, 'capture started again']);
});

test('a connector that registers under other names is told before anything is done to it', async () => {
  const { context, done } = scripted();
  await expect(refuseSchema({}).inject(context)).rejects.toMatchObject({ code: 'subject-missing' });
  expect(done).toEqual([]);
});
