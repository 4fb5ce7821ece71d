import { expect, test } from 'vitest';
import { transportOf } from './transport.ts';

const of = (query: string) => transportOf(`mariadb://app:secret@db1/shop${query}`);

test('a URL says whether TLS is used and what is verified', () => {
  expect([of(''), of('?ssl-mode=DISABLED')]).toEqual([undefined, undefined]);
  expect(of('?ssl-mode=REQUIRED')).toEqual({ rejectUnauthorized: false, verifyIdentity: false });
  expect(of('?ssl-mode=VERIFY_CA')).toEqual({ rejectUnauthorized: true, verifyIdentity: false });
  expect(of('?ssl-mode=VERIFY_IDENTITY')).toEqual({ rejectUnauthorized: true, verifyIdentity: true });
  expect(of(`?ssl-mode=VERIFY_CA&ssl-ca=${import.meta.filename}`)).toMatchObject({
    ca: expect.stringContaining('transportOf'),
  });
});

test.each([
  ['?sslmode=require', 'a URL of MariaDB has no parameter sslmode'],
  ['?ssl-mode=require', 'ssl-mode has another value in the URL'],
  ['?ssl-mode=VERIFY_CA&ssl-ca=/nowhere', 'ssl-ca cannot be read: /nowhere'],
])('%s is refused and not passed over', (query, message) => {
  expect(() => of(query)).toThrow(message);
});
