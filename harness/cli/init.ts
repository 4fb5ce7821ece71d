import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT, WORK } from '#setup/layout.mjs';
import { writeWhole } from '#setup/whole-file.mjs';
import { messageOf, OperatorError } from '#std/errors.ts';
import { type InitAnswers, pipelineText, QUESTIONS } from '#subject/init.ts';
import { helpOf, type OptionTable, parseArguments, type Usage, type ValueOption } from './arguments.ts';
import type { Host } from './host.ts';
import { COMMON } from './options.ts';

const file = (help: string, placeholder = 'FILE'): ValueOption<string> => ({
  kind: 'value',
  placeholder,
  help,
  parse: (text) => text,
});

const initOptions = {
  schema: file('SQL file that creates and fills the source'),
  connector: file("the Debezium connector's configuration, JSON"),
  sink: file("a Kafka Connect sink's configuration, JSON"),
  command: file("a consumer's command line", 'COMMAND'),
  writer: file("a load generator's command line", 'COMMAND'),
  force: { kind: 'switch', help: 'write over a file that is there' },
  ...COMMON,
} as const satisfies OptionTable;

const initUsage: Usage<typeof initOptions> = {
  command: 'init',
  summary: 'Writes a commented pipeline file for driftlab test: from these options, or by asking where none is given.',
  operands: ['file'],
  options: initOptions,
  examples: [
    'npx driftlab init',
    'npx driftlab init shop.yaml --schema shop.sql --connector source.json --sink sink.json',
  ],
};

const DEFAULT_FILE = 'my-pipeline.yaml';

/** `driftlab init`: writes a pipeline file and returns the exit status. */
export async function initCommand(args: readonly string[], host: Host): Promise<number> {
  const { operands, options } = parseArguments(initUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(initUsage)}\n`);
    return 0;
  }
  const name = operands[0] ?? DEFAULT_FILE;
  const path = resolve(host.cwd, name);
  if (existsSync(path) && !options.force)
    throw new OperatorError({
      code: 'file-there',
      message: `${name} is there already`,
      hint: 'name another file, or say --force',
    });
  const given = Object.fromEntries(
    QUESTIONS.flatMap(({ part }) => (options[part] === undefined ? [] : [[part, options[part]]])),
  );
  const answers = Object.keys(given).length > 0 || host.ask === undefined ? given : await askAll(host.ask);
  try {
    writeWhole(path, pipelineText(answers, relative(dirname(path), schemaFile())));
  } catch (cause) {
    throw new OperatorError({
      code: 'cannot-write',
      message: `${name} cannot be written`,
      expected: 'a file in a folder that is there',
      found: messageOf(cause),
      cause,
    });
  }
  const schema = answers.schema ?? 'schema.sql';
  const lacks = existsSync(resolve(path, '..', schema)) ? '' : `put the SQL of your tables into ${schema}, then `;
  host.stdout.write(`wrote ${name}\n${lacks}run it: npx driftlab test ${name}\n`);
  return 0;
}

/** Where an editor finds what a pipeline file may hold: by the name that lasts, where a package manager links to another. */
function schemaFile(): string {
  const linked = join(WORK, 'node_modules', 'driftlab');
  return join(existsSync(linked) ? linked : ROOT, 'docs', 'pipeline.schema.json');
}

async function askAll(ask: (question: string) => Promise<string>): Promise<InitAnswers> {
  const answers: Record<string, string> = {};
  for (const { part, ask: question } of QUESTIONS) {
    const answer = (await ask(`${question}: `)).trim();
    if (answer !== '') answers[part] = answer;
  }
  return answers;
}
