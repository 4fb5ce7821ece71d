import { expect, test } from 'vitest';
import { attachedServer } from './variable.ts';

const env = (url: string) => ({ DRIFTLAB_MARIADB_URL: url });

test('a server is the one that the variable of its engine names', () => {
  const server = { engine: 'mariadb', host: 'db', port: 3307, user: 'lab', password: 'p%' };
  expect(attachedServer('mariadb', env('mariadb://lab:p%25@db:3307/'))).toEqual(server);
  expect(attachedServer('postgres', env('mariadb://lab:p@db/'))).toBeUndefined();
  expect(attachedServer('mariadb', env('  '))).toBeUndefined();
});

test.each([
  ['secret', /DRIFTLAB_MARIADB_URL: it holds no URL/],
  ['mariadb://lab:secret@/', /DRIFTLAB_MARIADB_URL: /],
  ['mariadb://db/', /DRIFTLAB_MARIADB_URL: the name of a user is missing in its URL/],
  ['postgres://lab:secret@db/', /DRIFTLAB_MARIADB_URL: that is no URL of MariaDB/],
  ['mariadb://lab:secret@db/?ssl-mode=REQUIRED', /DRIFTLAB_MARIADB_URL: the URL of a server that is tested has no/],
  ['mariadb://lab:se%cret@db/', /DRIFTLAB_MARIADB_URL: its URL cannot be read/],
])('%s is refused, with the name of the variable and without its password', (url, message) => {
  let thrown: unknown;
  try {
    attachedServer('mariadb', env(url));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'wrong-url', exit: 2, message: expect.stringMatching(message) });
  const { message: text, expected, found, hint } = thrown as Record<string, string>;
  expect([text, expected, found, hint].join(' ')).not.toMatch(/se%?cret/);
});
