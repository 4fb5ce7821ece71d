// A process of its own, which the set-up runs: builds the images of the databases that need nobody's consent, and Kafka's.
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { openEngine } from './engine.ts';
import { ensureImages, type ImageName, missingImages } from './images.ts';

const IMAGES: readonly ImageName[] = ['kafka', 'postgres', 'mariadb'];

/** An image that cannot be made is only needed by who uses that engine: the first two are needed by all. */
async function makeImages(): Promise<void> {
  const engine = await openEngine();
  await ensureImages(engine, ['kafka', 'postgres'], { onBuild: say });
  try {
    await ensureImages(engine, ['mariadb'], { onBuild: say });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    say(`left out: ${error.message}`);
  }
  const missing = await missingImages(engine, IMAGES);
  say(missing.length === 0 ? 'all are there' : `without ${missing.join(', ')}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await makeImages();
} catch (error) {
  process.stderr.write(`${error instanceof OperatorError ? explain(error) : messageOf(error)}\n`);
  process.exitCode = 1;
}
