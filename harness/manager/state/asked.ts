import type { Database } from '#model/pipeline.ts';

export type Asked = Pick<Database, 'query'>;
