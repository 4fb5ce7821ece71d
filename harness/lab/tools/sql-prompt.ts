import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { engineOfUrl } from '#engines/index.ts';
import type { Answer } from '#engines/port/server.ts';
import { messageOf } from '#std/errors.ts';
import { visibleLines } from '#std/visible.ts';
import { answerLines, isWhole, META_HELP, metaOf } from './sql-text.ts';

export interface Prompt {
  readonly url: string;
  /** Stands before each line: `lab=>`. */
  readonly name: string;
  readonly input: Readable;
  readonly output: Writable;
  readonly interactive: boolean;
}

/** A database to be asked in SQL, statement by statement. */
export interface SqlSession extends AsyncDisposable {
  /** The lines that answer `text`: a statement, several, or a command with a backslash. Throws what the database says. */
  ask(text: string): Promise<readonly string[]>;
  /** Told to end (`\q`). */
  readonly ended: boolean;
}

export function openSqlSession(url: string): SqlSession {
  const shell = engineOfUrl(url).server.openShell(url);
  let expanded = false;
  let ended = false;
  const shown = (answers: readonly Answer[]): string[] => answers.flatMap((one) => answerLines(one, expanded));
  return {
    get ended() {
      return ended;
    },
    async ask(text) {
      if (!text.trimStart().startsWith('\\')) return shown(await shell.ask(text));
      const meta = metaOf(text);
      switch (meta.kind) {
        case 'describe':
          return shown([await shell.describe(meta.table)]);
        case 'expanded':
          expanded = !expanded;
          return [`one block a row: ${expanded ? 'on' : 'off'}`];
        case 'quit':
          ended = true;
          return [];
        case 'help':
          return [META_HELP];
      }
    },
    [Symbol.asyncDispose]: () => shell.close(),
  };
}

/** Reads statements, over as many lines as they take, until `\q` or the input's end. Exit 1 where the last one failed. */
export async function sqlPrompt({ url, name, input, output, interactive }: Prompt): Promise<number> {
  await using session = openSqlSession(url);
  const lines = createInterface({ input, output, terminal: interactive, prompt: `${name}=> ` });
  let statement = '';
  let exit = 0;
  if (interactive) {
    output.write(`${META_HELP}\n`);
    // Ctrl-C forgets what was typed of a statement; at an empty one it ends.
    lines.on('SIGINT', () => {
      if (statement === '' && lines.line === '') lines.close();
      else {
        statement = '';
        output.write('\n');
        lines.setPrompt(`${name}=> `);
        lines.prompt();
      }
    });
    lines.prompt();
  }
  const answer = async (text: string): Promise<void> => {
    try {
      for (const line of await session.ask(text)) output.write(`${line}\n`);
      exit = 0;
    } catch (error) {
      output.write(`error: ${visibleLines(messageOf(error))}\n`);
      exit = 1;
    }
  };
  for await (const line of lines) {
    const meta = statement === '' && line.trimStart().startsWith('\\');
    if (meta) await answer(line);
    else {
      statement = statement === '' ? line : `${statement}\n${line}`;
      if (isWhole(statement)) {
        await answer(statement);
        statement = '';
      } else if (statement.trim() === '') statement = '';
    }
    if (session.ended) break;
    if (interactive) {
      lines.setPrompt(statement === '' ? `${name}=> ` : `${name}-> `);
      lines.prompt();
    }
  }
  // What a file ends with needs no semicolon.
  if (statement.trim() !== '' && !session.ended && !interactive) await answer(statement);
  lines.close();
  return exit;
}
