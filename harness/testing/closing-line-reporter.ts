import type { Reporter, TestModule } from 'vitest/node';

/** Above the line: what is worth making faster. */
const SLOWEST = 30;

/**
 * Ends a run with its slowest files and one plain line, `N passed, N failed`, which CI reads. A module that could not be loaded, and an error
 * outside of any test, count as failed: else they would go unseen.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      failed += module.errors().length;
    }
    const slowest = modules
      .map((module) => ({ name: module.relativeModuleId, seconds: secondsOf(module) }))
      .filter(({ seconds }) => seconds >= 1)
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, SLOWEST)
      .map(({ name, seconds }) => `${seconds.toFixed(0).padStart(6)} s  ${name}\n`);
    // After the other reporters' own summary, which is written when this event has gone round.
    process.once('exit', () => {
      process.stdout.write(
        `\n${slowest.join('')}\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
      );
    });
  }
}

/** Its tests and their hooks, in seconds. */
function secondsOf(module: TestModule): number {
  return module.diagnostic().duration / 1000;
}
