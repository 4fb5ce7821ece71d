import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { foundJava } from '#runtimes/embedded/jvm.ts';
import { cacheRoot, ROOT } from '#setup/layout.mjs';
import { mavenEnvironment } from '#setup/maven.mjs';

const run = promisify(execFile);

/** A folder with the jars that a pom.xml depends on; fetched once, into the cache. */
export async function mavenJars(pom: string): Promise<string> {
  const version = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(cacheRoot(), `jars-${version}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    await run(
      'sh',
      [
        join(ROOT, 'mvnw'),
        ...['--batch-mode', '--no-transfer-progress', '-f', pom],
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
        ...['-DincludeScope=runtime', `-DoutputDirectory=${join(fresh, 'jars')}`],
        `-Dmaven.repo.local=${join(fresh, 'repository')}`,
      ],
      { cwd: ROOT, env: { ...process.env, ...mavenEnvironment(), JAVACMD: foundJava().command } },
    );
    // Put in place in one step: nobody finds half of it. Another may have been quicker.
    if (!existsSync(folder)) renameSync(join(fresh, 'jars'), folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
