import type { Buffer as Bytes } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** A file for a container or a build: its path there, without a slash at its beginning. */
export interface TarFile {
  readonly path: string;
  /** Its text, or the absolute path of the file that is read for it. */
  readonly from: { readonly text: string } | { readonly file: string };
  readonly mode?: number;
  /** Who it belongs to, as numbers; root where it is left out. */
  readonly owner?: number;
}

const BLOCK = 512;

/** A tar archive (POSIX ustar) of the files, in their order. Paths are of 155 and 100 characters at most, divided at a slash. */
export function tarOf(files: readonly TarFile[]): Readable {
  return Readable.from(blocks(files), { objectMode: false });
}

function* blocks(files: readonly TarFile[]): Generator<Bytes> {
  for (const file of files) {
    const content = 'text' in file.from ? Buffer.from(file.from.text) : readFileSync(file.from.file);
    yield header(file, content.length);
    yield content;
    yield Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header({ path, mode = 0o644, owner = 0 }: TarFile, size: number): Bytes {
  const block = Buffer.alloc(BLOCK);
  const { name, prefix } = divided(path);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'ascii');
  block.write(name, 0, 'utf8');
  octal(mode, 100, 8);
  octal(owner, 108, 8);
  octal(owner, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(' '.repeat(8), 148, 'ascii');
  block.write('0', 156, 'ascii');
  block.write('ustar\u000000', 257, 'ascii');
  block.write(prefix, 345, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}

function divided(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { name, prefix };
  }
  throw new Error(`a path too long for an archive: ${path}`);
}

/** All files below a folder, links followed, as files below `under`. */
export function filesIn(folder: string, under: string, owner = 0): TarFile[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const [file, path] = [join(folder, name), `${under}/${name}`];
      return statSync(file).isDirectory() ? filesIn(file, path, owner) : [{ path, from: { file }, owner }];
    });
}
