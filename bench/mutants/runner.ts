import fc from 'fast-check';
import { TestRunner } from 'vitest';
import { type LogLine, note, readLog, readPlan } from './plan.ts';

/** What the instrumented code reads and writes. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number;
  hitLimit?: number;
  mutantCoverage?: Coverage;
}

type Hits = Readonly<Record<string, number>>;

interface Coverage {
  /** What ran while the modules were loaded. */
  readonly static: Hits;
  readonly perTest: Readonly<Record<string, Hits>>;
}

type File = Parameters<TestRunner['onAfterRunFiles']>[0][number];
type Test = Parameters<TestRunner['onAfterTryTask']>[0];
type Task = Parameters<TestRunner['onBeforeRunTask']>[0];
type Suite = Parameters<TestRunner['onAfterRunSuite']>[0];

/** As Vite's runner of modules keeps them: by their ids, each with the ids of those that import it. */
interface Module {
  promise?: unknown;
  exports?: unknown;
  evaluated: boolean;
  readonly importers: Set<string>;
}

const switches: Switches = {};
Object.assign(globalThis, { __stryker__: switches });

/** A mutant that is reached so much more often than the code as it is loops for ever. */
const HITS_MAX = 100;

/**
 * Runs the tests of a file once, and then, in the same process, again for each mutant that they reach, until one of them
 * fails. A mutant in code that runs as a module is loaded needs all modules anew; any other is switched on as it is.
 */
export default class MutantRunner extends TestRunner {
  readonly #plan = readPlan();

  override async onBeforeRunTask(test: Task): Promise<void> {
    await super.onBeforeRunTask(test);
    switches.currentTestId = test.id;
  }

  override onAfterRunTask(test: Task): void {
    switches.currentTestId = undefined;
    super.onAfterRunTask(test);
  }

  /** After a file's tests, and while their snapshots are still there. */
  override async onAfterRunSuite(suite: Suite): Promise<void> {
    // The same values each time, and no search for the least that fails: that it fails is enough.
    fc.configureGlobal({ seed: 1, endOnFailure: true });
    if ('filepath' in suite) await this.#hunt(suite as File);
    await super.onAfterRunSuite(suite);
  }

  async #hunt(file: File): Promise<void> {
    const { log, mutants } = this.#plan;
    if (file.result?.state !== 'pass') return note(log, { broken: file.name });
    // What is run from here on counts no more.
    const coverage = structuredClone(switches.mutantCoverage ?? { static: {}, perTest: {} });
    const tests = testsOf(file.tasks);
    // As the code is, each way of running the tests again must pass, or it would take everything for noticed.
    const wrong = (await this.#failing(tests)) ?? (await this.#failingAnew(file, file.filepath));
    if (wrong !== undefined) return note(log, { broken: `${file.name}: ${wrong}` });
    const done = new Set(readLog(log).flatMap((line) => ('id' in line && isDone(line) ? [line.id] : [])));
    for (const id of Object.keys(mutants).filter((one) => !done.has(one))) {
      const reaching = tests.filter((test) => coverage.perTest[test.id]?.[id] !== undefined);
      const hits = reaching.reduce((most, test) => Math.max(most, coverage.perTest[test.id]?.[id] ?? 0), 0);
      const loaded = coverage.static[id] !== undefined;
      if (reaching.length === 0 && !loaded) continue;
      note(log, { id, outcome: 'begun', file: file.name });
      switches.activeMutant = id;
      switches.hitLimit = (hits + (coverage.static[id] ?? 0)) * HITS_MAX;
      const test =
        (await this.#failing(reaching)) ?? (loaded ? await this.#failingAnew(file, mutants[id] ?? '') : undefined);
      switches.activeMutant = undefined;
      note(log, { id, outcome: test === undefined ? 'covered' : 'caught', file: file.name, ...(test && { test }) });
    }
  }

  /** The name of the first test that fails. */
  async #failing(tests: readonly Test[]): Promise<string | undefined> {
    for (const test of tests) {
      switches.hitCount = 0;
      try {
        this.onBeforeTryTask(test, { retry: 0, repeats: 0 });
        await TestRunner.getTestFn(test)?.();
        this.onAfterTryTask(test);
      } catch {
        return test.name;
      }
    }
    return undefined;
  }

  /** The same, of all tests of a file, with the changed module, and whatever imports it, loaded again. */
  async #failingAnew(file: File, changed: string): Promise<string | undefined> {
    switches.hitCount = 0;
    try {
      this.#forget(changed);
      const collector = TestRunner.getCurrentSuite();
      collector.clear();
      await this.importFile(file.filepath, 'collect');
      const { tasks } = await collector.collect(file);
      const known = testsOf(file.tasks);
      const tests = testsOf(tasks);
      // By it a test's snapshots are known, which it compares once again.
      for (const [place, test] of tests.entries()) test.id = known[place]?.id ?? `${file.id}_${place}`;
      return await this.#failing(tests);
    } catch {
      return 'the modules cannot be loaded';
    }
  }

  #forget(changed: string, seen = new Set<string>()): void {
    // It is the runner's own: vi.resetModules() would load all modules again, some ten times as many.
    const { idToModuleMap: modules } = Reflect.get(this, 'moduleRunner').evaluatedModules as {
      readonly idToModuleMap: ReadonlyMap<string, Module>;
    };
    const module = modules.get(changed);
    if (module === undefined || seen.has(changed)) return;
    seen.add(changed);
    for (const importer of module.importers) this.#forget(importer, seen);
    Object.assign(module, { promise: undefined, exports: undefined, evaluated: false });
  }
}

function isDone({ outcome }: LogLine): boolean {
  return outcome === 'caught' || outcome === 'timeout';
}

function testsOf(tasks: Suite['tasks']): Test[] {
  return tasks.flatMap((task) => {
    if (task.type === 'suite') return testsOf(task.tasks);
    return task.mode === 'run' || task.mode === 'queued' ? [task as Test] : [];
  });
}
