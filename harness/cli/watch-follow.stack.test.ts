import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { until } from '#std/wait.ts';
import { LAB_NOW, labFault } from '#testing/lab-answers.ts';
import { openScriptedLab, type ScriptedLab } from '#testing/scripted-lab.ts';
import { initialWatch, reduceWatch, type WatchInput, type WatchState } from '#tui/watch/state.ts';
import { carryOut, followLab, latenciesOf } from './watch-follow.ts';

let lab: ScriptedLab;
beforeEach(async () => {
  lab = await openScriptedLab();
});
afterEach(() => lab[Symbol.asyncDispose]());

const connect = () => openClient(labHome({ DRIFTLAB_HOME: lab.folder }));

interface Following extends AsyncDisposable {
  readonly inputs: readonly WatchInput[];
  readonly state: WatchState;
  /** Waits until something is so. */
  see(what: string, condition: (state: WatchState) => boolean): Promise<void>;
  readonly ended: Promise<void>;
}

function follow(more: { readonly awayMaxMs?: number } = {}): Following {
  const stop = new AbortController();
  const inputs: WatchInput[] = [];
  let state = initialWatch(`127.0.0.1:${lab.port}`, Date.now());
  const ended = followLab({
    ...{ connect, signal: stop.signal, lookEveryMs: 50, retryEveryMs: 20, ...more },
    tell(input) {
      inputs.push(input);
      state = reduceWatch(state, input);
    },
  });
  ended.catch(() => {});
  return {
    inputs,
    ended,
    get state() {
      return state;
    },
    async see(what, condition) {
      await until(() => condition(state), { what, limitMs: 10_000 });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended.catch(() => {});
    },
  };
}

function sample(committed: number) {
  const at = LAB_NOW + committed;
  return { at, type: 'sample', mode: 'lab', transactionsPerSecond: committed, committed, lag: {} } as const;
}

test('it attaches with all that the lab says, and takes events as they come', async () => {
  lab.emit(sample(1));
  await using following = follow();
  await following.see('the remembered event', ({ rates }) => rates.length === 1);
  lab.emit(sample(2));
  await following.see('an event that came', ({ rates }) => rates.length === 2);
  const { state } = following;
  expect(state.link.kind).toBe('attached');
  expect(state.rates).toEqual([1, 2]);
  expect(state.stack?.nodes).toHaveLength(5);
  expect(state.lags?.groups).toHaveLength(4);
  expect(state.connectors?.connectors).toHaveLength(1);
});

test('the latency is the mean of what has arrived since the last look', async () => {
  lab.latency('insert', 1);
  await using following = follow();
  await following.see('a first figure', ({ latency }) => latency.insert?.length === 1);
  lab.latency('insert', 0.2);
  lab.latency('insert', 0.4);
  await following.see('the figures after it', ({ latencies }) => latencies.insert?.count === 3);
  const { insert = [] } = following.state.latency;
  expect(insert[0]).toBeCloseTo(1000);
  // Both observations may fall into one look, or into two.
  expect(insert.slice(1).map(Math.round)).toEqual(insert.length === 2 ? [300] : [200, 400]);
});

test('it survives a restart of the daemon: says why it is away, comes back, and misses no event', async () => {
  await using following = follow();
  lab.emit(sample(1));
  await following.see('the first event', ({ rates }) => rates.length === 1);
  await lab.down();
  await following.see('that it is away', ({ link }) => link.kind === 'away' && /ECONNREFUSED/.test(link.why));
  await lab.up();
  lab.emit(sample(7));
  await following.see('the new daemon’s event', ({ rates }) => rates.length === 2);
  expect(following.state.link.kind).toBe('attached');
  expect(following.state.rates).toEqual([1, 7]);
});

test('after a broken connection it goes on behind the last event that it has read', async () => {
  await using following = follow();
  for (const committed of [1, 2, 3]) lab.emit(sample(committed));
  await following.see('three events', ({ rates }) => rates.length === 3);
  // The daemon stays, its answers fail for a while: a report that cannot be had is a lab that is away.
  const { report } = lab.script;
  Object.defineProperty(lab.script, 'report', {
    configurable: true,
    get() {
      throw new Error('out of order');
    },
  });
  await following.see('that it is away', ({ link }) => link.kind === 'away');
  lab.emit(sample(4));
  Object.defineProperty(lab.script, 'report', { configurable: true, writable: true, value: report });
  lab.emit(sample(5));
  await following.see('all that came since', ({ rates }) => rates.length >= 5);
  expect(following.state.rates).toEqual([1, 2, 3, 4, 5]);
});

test('another lab on the same address begins with nothing of the one before', async () => {
  await using following = follow();
  lab.emit(sample(1));
  await following.see('the first event', ({ rates }) => rates.length === 1);
  await lab.down('down');
  await following.see('that it is down', ({ link }) => link.kind === 'away' && link.why === 'the lab is down');
  lab.script.report = { ...lab.script.report, lab: { ...lab.script.report.lab, id: 'another' } };
  await lab.up();
  await following.see('the other lab', ({ report }) => report?.lab.id === 'another');
  expect(following.state.rates).toEqual([]);
});

test('with a limit it gives up on a lab that does not come back', async () => {
  await using following = follow({ awayMaxMs: 100 });
  await following.see('the lab', ({ report }) => report !== undefined);
  await lab.down('down');
  await expect(following.ended).rejects.toMatchObject({ code: 'lab-away', exit: 3, found: 'the lab is down' });
});

test('what a key asks for is asked of the lab with its token, and a refusal is said with what to do', async () => {
  const said = await carryOut({ kind: 'inject', mode: 'lag', request: { step: 'retention', seconds: 15 } }, connect);
  expect(said).toMatchObject({
    tone: 'odd',
    text: expect.stringContaining('lag-3 is on its way in; watch for: insert'),
  });
  await carryOut({ kind: 'heal', id: labFault().id }, connect);
  await carryOut({ kind: 'writers', state: 'paused' }, connect);
  expect(lab.asked).toEqual([
    'inject lag {"step":"retention","seconds":15}',
    'heal lag-2',
    'writers {"state":"paused"}',
  ]);
  const refused = await carryOut({ kind: 'inject', mode: 'schema', request: {} }, connect);
  expect(refused).toMatchObject({ tone: 'bad', text: '✗ the fault lag-2 is under way; wait' });
  await lab.down('down');
  const nobody = await carryOut({ kind: 'writers', state: 'running' }, connect);
  expect(nobody).toMatchObject({ tone: 'bad', text: expect.stringContaining('the lab is down; npx driftlab up') });
});

test('only the ends of the latency’s histogram are read from the metrics', () => {
  const text = [
    'driftlab_commit_to_sink_seconds_bucket{le="0.1",variant="a"} 3',
    'driftlab_commit_to_sink_seconds_sum{variant="a"} 1.5',
    'driftlab_commit_to_sink_seconds_count{variant="a"} 3',
    'driftlab_commit_to_sink_seconds_sum{job="x",variant="b"} 0',
    'driftlab_commit_to_sink_seconds_count{job="x",variant="b"} 0',
  ].join('\n');
  expect(latenciesOf(text)).toEqual({ a: { sum: 1.5, count: 3 }, b: { sum: 0, count: 0 } });
});
