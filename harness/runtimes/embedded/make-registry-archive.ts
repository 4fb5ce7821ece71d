// Run by the set-up, once for each Java: starts a schema registry that writes down which classes it loaded, has it take one
// schema so that what that loads is among them, and stops it in the orderly way in which it writes.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { registryClient } from '#clients/registry.ts';
import { registryArchive } from '#setup/registry.mjs';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { freePorts } from '#std/free-port.ts';
import { foundJava } from './jvm.ts';
import { openLab } from './lab-folder.ts';
import { EmbeddedNode } from './node.ts';
import { registryAddresses, registryHome, registryNode } from './registry-node.ts';

async function makeArchive(): Promise<void> {
  const registry = await registryHome();
  const lab = openLab();
  try {
    const [port] = await freePorts(1);
    const log = join(lab.path, 'registry.log');
    const node = new EmbeddedNode(registryNode(lab, { registry, port, log, boot: 'archive' }), () => {});
    await node.start();
    const client = registryClient(registryAddresses(port).url);
    const id = await client.register('warm-value', { type: 'AVRO', text: '"int"' });
    await client.schema(id);
    await node.stop();
    const file = registryArchive(foundJava());
    if (!existsSync(`${file}.new`)) throw new Error('Java wrote no archive for the registry (has it one of its own?)');
    renameSync(`${file}.new`, file);
  } finally {
    lab.destroy();
  }
}

try {
  await makeArchive();
} catch (error) {
  process.stderr.write(`${error instanceof OperatorError ? explain(error) : messageOf(error)}\n`);
  process.exitCode = 1;
}
