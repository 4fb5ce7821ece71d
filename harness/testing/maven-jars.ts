import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { foundJava } from '#runtimes/embedded/jvm.ts';
import { ROOT } from '#setup/layout.mjs';
import { mavenEnvironment } from '#setup/maven.mjs';
import { cachedFolder } from './cached-folder.ts';

const run = promisify(execFile);

/** A folder with the jars that a pom.xml depends on; fetched once, into the cache. */
export function mavenJars(pom: string): Promise<string> {
  const version = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  return cachedFolder(`jars-${version}`, async (fresh) => {
    const jars = join(fresh, 'jars');
    await run(
      'sh',
      [
        join(ROOT, 'mvnw'),
        ...['--batch-mode', '--no-transfer-progress', '-f', pom],
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
        ...['-DincludeScope=runtime', `-DoutputDirectory=${jars}`],
        `-Dmaven.repo.local=${join(fresh, 'repository')}`,
      ],
      { cwd: ROOT, env: { ...process.env, ...mavenEnvironment(), JAVACMD: foundJava().command } },
    );
    return jars;
  });
}
