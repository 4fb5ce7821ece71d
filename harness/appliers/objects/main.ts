// A process of its own: writes changes into objects as its environment says, until SIGTERM asks it to end.
import { openObjectStore } from '#clients/s3.ts';
import { engineOf } from '#engines/index.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { startObjectsApplier } from './applier.ts';
import { objectNames } from './names.ts';
import { readSettings, WRITING } from './settings.ts';

/** As the store itself says it, on one line. */
function wordsOf(error: unknown): string {
  const words = messageOf(error);
  const whole = error instanceof OperatorError && error.found !== undefined ? `${words}: ${error.found}` : words;
  return whole.replaceAll('\n', ' ');
}

async function run(): Promise<void> {
  const { engine, s3, names, folder, kinds, ...settings } = readSettings(process.env);
  using store = openObjectStore(s3);
  const applier = await startObjectsApplier({
    ...settings,
    ...{ store, folder, kinds, mayWrite: async () => {} },
    keyOf: objectNames(names, { format: settings.format, folder, store, now: Date.now }),
    formatPosition: engineOf({ engine }).source.formatPosition,
  });
  process.once('SIGTERM', () => void applier[Symbol.asyncDispose]());
  process.stdout.write(`${WRITING}\n`);
  await applier.ended;
  await applier[Symbol.asyncDispose]();
}

try {
  await run();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${wordsOf(error)}\n`);
  process.exit(1);
}
