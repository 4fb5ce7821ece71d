import type { Database } from '#model/pipeline.ts';

export interface Recorded {
  /** What was asked, in order: the statement, and its parameters where it had some. */
  readonly asked: readonly unknown[];
  readonly database: Pick<Database, 'query'>;
}

/** Notes what a database would be asked, and gives one list of rows after the other: whether they are right, it cannot say. */
export function recorded(...answers: readonly (readonly object[])[]): Recorded {
  const asked: unknown[] = [];
  return {
    asked,
    database: {
      async query<T extends object>(sql: string, params?: readonly unknown[]): Promise<T[]> {
        const rows = answers[asked.length] ?? [];
        asked.push(params === undefined ? sql : [sql, params]);
        return [...rows] as T[];
      },
    },
  };
}
