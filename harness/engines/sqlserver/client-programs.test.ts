import { expect, test } from 'vitest';
import { environment, isWritten } from './client-programs.ts';

test('a program finds its database as the tools of SQL Server do, and the password in no address', () => {
  expect(environment({ url: 'sqlserver://sa:p%40ss@h:14330/shop?encrypt=false', name: 'shop' })).toMatchObject({
    SQLCMDSERVER: 'h,14330',
    SQLCMDUSER: 'sa',
    SQLCMDPASSWORD: 'p@ss',
    SQLCMDDBNAME: 'shop',
  });
});

test('a database is written while somebody runs what does not only read', async () => {
  const answering = (rows: object[]) => ({ query: async () => rows as never });
  expect(await isWritten(answering([]))).toBe(false);
  expect(await isWritten(answering([{ writing: '1' }]))).toBe(true);
});
