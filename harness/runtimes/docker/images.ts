import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pinnedVersions } from '#setup/jvm.mjs';
import { ROOT } from '#setup/layout.mjs';
import { messageOf, OperatorError } from '#std/errors.ts';
import { jvmParts } from '../embedded/jvm.ts';
import type { Engine } from './engine.ts';
import { filesIn, type TarFile, tarOf } from './tar.ts';

/** An image of the lab's: a folder of `docker/`, built on what the first line of its Dockerfile names. */
export type ImageName = 'kafka' | 'postgres' | 'mariadb' | 'sqlserver';

interface Recipe {
  /** `driftlab/kafka:4.3.1-3.5.0.Final`. */
  readonly tag: string;
  /** The image that it is built on. */
  readonly base: string;
  /** What it is made of: another one of the same tag is made anew. */
  readonly key: string;
  /** The build's context, the Dockerfile included. */
  files(): readonly TarFile[];
}

/** The label that says what an image was made of. */
const KEY_LABEL = 'driftlab.made-of';

const FOLDER = join(ROOT, 'docker');

/** The variable that names another image to build on: `DRIFTLAB_BASE_IMAGE_POSTGRES`. */
function baseVariable(name: ImageName): string {
  return `DRIFTLAB_BASE_IMAGE_${name.toUpperCase()}`;
}

/** The image that a Dockerfile of this folder is built on. */
export function pinnedBase(name: ImageName): string {
  const text = readFileSync(join(FOLDER, name, 'Dockerfile'), 'utf8');
  const base = /^ARG BASE_IMAGE=(\S+)$/m.exec(text)?.[1];
  if (base === undefined) throw new Error(`docker/${name}/Dockerfile names no image to build on`);
  return base;
}

function recipeOf(name: ImageName, env: NodeJS.ProcessEnv = process.env): Recipe {
  const base = env[baseVariable(name)] || pinnedBase(name);
  const own = filesIn(join(FOLDER, name), '.').map((file) => ({ ...file, path: file.path.slice(2), ...modeOf(file) }));
  const hash = createHash('sha256').update(base);
  for (const { path, from } of own) hash.update(`\0${path}\0`).update('file' in from ? readFileSync(from.file) : '');
  if (name !== 'kafka')
    return { tag: `driftlab/${name}:${tagOf(pinnedBase(name))}`, base, key: shortOf(hash), files: () => own };
  const { kafka, debezium } = pinnedVersions();
  const { folder, libs, plugins } = jvmParts();
  // The folder's name says which jars are in it.
  hash.update(basename(folder));
  return {
    tag: `driftlab/kafka:${kafka}-${debezium}`,
    ...{ base, key: shortOf(hash) },
    files: () => [...own, ...filesIn(libs, 'libs'), ...filesIn(plugins, 'plugins')],
  };
}

function shortOf(hash: ReturnType<typeof createHash>): string {
  return hash.digest('hex').slice(0, 12);
}

function modeOf({ path }: TarFile): { readonly mode: number } {
  return { mode: path.endsWith('/start') ? 0o755 : 0o644 };
}

function tagOf(image: string): string {
  return /:([\w.-]+)(?:@|$)/.exec(image)?.[1] ?? 'latest';
}

/** The tag of an image, as it is or will be. */
export function tagOfImage(name: ImageName): string {
  return recipeOf(name).tag;
}

/** Those of the images that are not there as `docker/` has them now. */
export async function missingImages(engine: Engine, names: readonly ImageName[]): Promise<ImageName[]> {
  const present = await Promise.all(names.map((name) => isThere(engine, recipeOf(name))));
  return names.filter((_, at) => !present[at]);
}

async function isThere({ docker }: Engine, { tag, key }: Recipe): Promise<boolean> {
  try {
    const { Config } = await docker.getImage(tag).inspect();
    return Config.Labels?.[KEY_LABEL] === key;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

/**
 * Builds those of the images that are not there. Throws an OperatorError (`image-not-built`) with what the engine says, such as
 * that an image to build on cannot be pulled.
 */
export async function ensureImages(
  engine: Engine,
  names: readonly ImageName[],
  { signal, onBuild }: { readonly signal?: AbortSignal; readonly onBuild?: (tag: string) => void } = {},
): Promise<void> {
  for (const name of await missingImages(engine, names)) {
    signal?.throwIfAborted();
    const recipe = recipeOf(name);
    onBuild?.(recipe.tag);
    try {
      await build(engine, recipe, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new OperatorError({
        code: 'image-not-built',
        message: `the image ${recipe.tag} could not be made`,
        expected: `${recipe.base}, which the engine has or can pull, to build on`,
        found: messageOf(cause),
        hint: `docker pull ${recipe.base} shows what is wrong; ${baseVariable(name)} names another image to build on`,
        cause,
        exit: 3,
      });
    }
  }
}

interface BuildStep {
  readonly error?: string;
}

async function build({ docker }: Engine, recipe: Recipe, signal: AbortSignal | undefined): Promise<void> {
  const stream = await docker.buildImage(tarOf(recipe.files()), {
    t: recipe.tag,
    buildargs: { BASE_IMAGE: recipe.base },
    labels: { [KEY_LABEL]: recipe.key },
    rm: true,
    forcerm: true,
    ...(signal === undefined ? {} : { abortSignal: signal }),
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, steps: readonly BuildStep[] | null) => {
      const failed = steps?.find((step) => step.error !== undefined);
      if (error !== null) reject(error);
      else if (failed !== undefined) reject(new Error(failed.error));
      else resolve();
    });
  });
}
