// A part of the schema registry's description that Maven asks for, and that nothing is taken from. Node 20, no dependency.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts the parent of the registry's POM into a repository, with nothing in it. Only a build of the registry needs the real one,
 * and not every mirror has it: without it Maven resolves not even the archive alone.
 * @param {string} repository
 * @param {string} version of the registry
 */
export function seedParent(repository, version) {
  const folder = join(repository, 'io', 'apicurio', 'apicurio-registry', version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `apicurio-registry-${version}.pom`),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.apicurio</groupId>
  <artifactId>apicurio-registry</artifactId>
  <version>${version}</version>
  <packaging>pom</packaging>
</project>
`,
  );
}
