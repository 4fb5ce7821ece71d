import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT } from '#setup/layout.mjs';

/**
 * Makes `dist/`, the program as JavaScript with the types of its authoring facade, as it is packed. Returns the exit
 * status of the first compiler that failed.
 */
export async function build(tsc: (args: readonly string[]) => Promise<number>): Promise<number> {
  const dist = join(ROOT, 'dist');
  rmSync(dist, { recursive: true, force: true });
  for (const project of ['tsconfig.build.json', 'tsconfig.types.json']) {
    const status = await tsc(['-p', join(ROOT, project)]);
    if (status !== 0) return status;
  }
  // What only a checkout has use for, and comes along because the program loads it there.
  for (const name of ['dev', 'build']) rmSync(join(dist, 'harness', 'cli', `${name}.js`));
  for (const path of globSync('**/*.{js,d.ts}', { cwd: dist })) {
    const file = join(dist, path);
    writeFileSync(file, withPlainImports(path, readFileSync(file, 'utf8')));
  }
  return 0;
}

/**
 * The text of a compiled module with relative imports in place of `#…`, which TypeScript leaves as they are: a package's
 * `imports` would have to name sources in a checkout and what is compiled elsewhere.
 * @param path of the module, from `dist/`
 */
export function withPlainImports(path: string, text: string): string {
  return text.replaceAll(/(\bfrom |\bimport ?\(?)'#([^']+)'/g, (_, before: string, name: string) => {
    const target = name.startsWith('setup/') ? join('..', 'bin', name) : join('harness', name.replace(/\.ts$/, '.js'));
    const plain = relative(dirname(path), target);
    return `${before}'${plain.startsWith('.') ? plain : `./${plain}`}'`;
  });
}
