import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';

/** A database that keeps what it is asked, in that order, and answers as it is told: the first that is part of the statement. */
export function recordingDatabase(answers: readonly (readonly [part: string, rows: readonly Row[]])[] = []): {
  readonly asked: string[];
  readonly query: Database['query'];
} {
  const asked: string[] = [];
  return {
    asked,
    async query<T extends object>(sql: string): Promise<T[]> {
      asked.push(sql);
      return (answers.find(([part]) => sql.includes(part))?.[1] ?? []) as unknown as T[];
    },
  };
}
