import { Ajv } from 'ajv';
import { afterAll, expect, test } from 'vitest';
import { type Catalogue, catalogueShape } from '#contracts/catalogue.ts';
import { planFault } from '#lab/plan.ts';
import type { FailureMode, Scenario } from '#model/scenario.ts';
import { testHost } from '#testing/cli-host.ts';
import { LAB_NOW, labCatalogue, labReport } from '#testing/lab-answers.ts';
import { openScriptedLab } from '#testing/scripted-lab.ts';
import { choiceOf, faultKeys } from '#tui/watch/choices.ts';
import { initialUi, press } from '#tui/watch/keys.ts';
import { initialWatch, reduceWatch } from '#tui/watch/state.ts';
import { canonical } from '../../scenarios/01-canonical-reference/scenario.ts';
import { scenarios } from '../../scenarios/index.ts';
import { catalogueCommand } from './catalogue.ts';
import { triggerAlias } from './lab/commands.ts';
import { triggerCommand } from './lab/trigger.ts';
import { labScenario } from './lab/up.ts';

/** A failure mode that nothing but its own definition names. */
const melt: FailureMode = {
  id: 'zz-melt',
  title: 'Disks melt',
  story: 'Nothing is left.',
  steps: [
    {
      id: 'one',
      title: 'One disk melts',
      fault: { kind: 'melt', needs: [], inject: () => Promise.reject(new Error('not to be run')) },
      live: { takes: ['seconds'] },
      expect: { insert: { kind: 'shows', must: ['lost'], may: [] } },
    },
    {
      id: 'all',
      title: 'All disks melt',
      fault: { kind: 'melt', needs: [], inject: () => Promise.reject(new Error('not to be run')) },
      live: { takes: [] },
      expect: {},
    },
  ],
};
/** The one line that a new mode takes beside its file: its place in the table of a scenario. */
const withMelt: Scenario = { ...canonical, modes: [...canonical.modes, melt] };

const lab = await openScriptedLab(labCatalogue([withMelt]));
afterAll(() => lab[Symbol.asyncDispose]());

function host() {
  const base = testHost(lab.folder, () => Promise.reject(new Error('no run')));
  return {
    ...base,
    env: { DRIFTLAB_HOME: lab.folder },
    loadScenarios: () => Promise.resolve([withMelt, ...scenarios.slice(1)]),
  };
}

async function said(run: (at: ReturnType<typeof host>) => Promise<number>): Promise<string> {
  const at = host();
  expect(await run(at)).toBe(0);
  return at.out.join('');
}

test('the command line lists a new mode, explains it, and asks the lab for it', async () => {
  expect(await said((at) => catalogueCommand([], at))).toContain('* zz-melt: Disks melt (canonical)');
  expect(await said((at) => triggerCommand(['--help'], at))).toMatch(/^ {2}zz-melt +Disks melt$/m);
  const help = await said((at) => triggerCommand(['zz-melt', '--help'], at));
  expect(help).toContain('driftlab trigger zz-melt');
  expect(help).toMatch(/--step STEP +all/);
  await expect(triggerCommand(['zz-mlet'], host())).rejects.toMatchObject({
    code: 'unknown-mode',
    hint: expect.stringContaining('zz-melt'),
  });
  const alias = triggerAlias('trigger-zz-melt', () => Promise.resolve(host()));
  expect(await alias?.run(['--step', 'all'])).toBe(0);
  expect(lab.asked).toContain('inject zz-melt {"step":"all"}');
});

test('the lab publishes a new mode over HTTP, as its document says, and plans it', async () => {
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${lab.port}${path}`)).json();
  const catalogue = (await get('/api/v1/catalogue')) as Catalogue;
  const ajv = new Ajv({ strict: false, formats: { uri: true } });
  ajv.validate(catalogueShape, catalogue);
  expect(ajv.errorsText()).toBe('No errors');
  expect(catalogue.modes.at(-1)).toMatchObject({
    ...{ id: 'zz-melt', live: true },
    steps: [{ id: 'one', fault: 'melt', takes: ['seconds'], watch_for: 'insert shows lost' }, { id: 'all' }],
  });
  const document = JSON.stringify(await get('/openapi.json'));
  expect(document).toContain('"zz-melt"');
  const scenario = await labScenario(host());
  expect(planFault(scenario, 'zz-melt', { seconds: 3 }, () => 0)).toMatchObject({ mode: 'zz-melt', holdMs: 3000 });
});

test('the terminal offers a new mode with its steps', () => {
  const answers = { report: labReport(), catalogue: labCatalogue([withMelt]) };
  const state = reduceWatch(initialWatch('127.0.0.1:1', LAB_NOW), { kind: 'answers', answers });
  expect(faultKeys(state).get('z')?.id).toBe('zz-melt');
  expect(choiceOf(state, { mode: 'zz-melt' })).toMatchObject({ steps: [undefined, 'all'], takes: { name: 'seconds' } });
  let ui = initialUi;
  for (const key of ['f', 'f', 'f', 'f', 'f', 'f', 'right']) ui = press(ui, key, state).ui;
  expect(press(ui, 'enter', state).action).toEqual({ kind: 'inject', mode: 'zz-melt', request: { step: 'all' } });
});

test('what the stack cannot bring about is published with the reason, and not offered', () => {
  const state = reduceWatch(initialWatch('127.0.0.1:1', LAB_NOW), {
    kind: 'answers',
    answers: { report: labReport(), catalogue: labCatalogue() },
  });
  expect(choiceOf(state, { mode: 'schema' }).steps).toEqual([undefined]);
  const schema = labCatalogue().modes.find(({ id }) => id === 'schema');
  expect(schema?.steps.at(-1)?.impossible).toContain('registry');
});
