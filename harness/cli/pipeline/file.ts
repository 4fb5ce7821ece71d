import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, OperatorError } from '#std/errors.ts';
import { readYaml } from '#subject/yaml.ts';

/** The one document of a pipeline's file. Throws an OperatorError for one that cannot be read or is no YAML. */
export function readDefinitionFile(path: string, cwd: string): unknown {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8');
  } catch (cause) {
    throw new OperatorError({
      code: 'file-missing',
      message: `${path} cannot be read`,
      expected: 'a YAML file with name, source, target, tables and mode',
      found: messageOf(cause),
      cause,
    });
  }
  const documents = readYaml(text, path);
  if (documents.length < 2) return documents[0]?.value ?? {};
  throw new OperatorError({
    code: 'yaml-error',
    message: `${path}: there are several documents, separated by ---`,
    expected: 'one document: one pipeline',
    found: `${documents.length} documents`,
  });
}
