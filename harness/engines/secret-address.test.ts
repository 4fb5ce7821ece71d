import { expect, test } from 'vitest';
import { urlOfSecret } from './secret-address.ts';

const shop = { host: 'db1', database: 'my shop', username: 'app', password: 'p@ss/w' };

test.each([
  [shop, 'postgres://app:p%40ss%2Fw@db1/my%20shop'],
  [{ ...shop, port: '5433', engine: 'postgresql' }, 'postgres://app:p%40ss%2Fw@db1:5433/my%20shop'],
  [{ ...shop, port: '1433' }, 'sqlserver://app:p%40ss%2Fw@db1:1433/my%20shop'],
  [{ ...shop, host: '::1', port: '3306', engine: 'MariaDB' }, 'mariadb://app:p%40ss%2Fw@[::1]:3306/my%20shop'],
  [
    { url: 'mysql://db1/shop?ssl-mode=REQUIRED', username: 'a', password: 'b' },
    'mysql://a:b@db1/shop?ssl-mode=REQUIRED',
  ],
])('%j is an address', (secret, url) => {
  expect(urlOfSecret(secret, 'secret/database/shop')).toBe(url);
});

test.each([
  [{ password: 'geheim' }, { expected: expect.stringContaining('host and database'), found: 'password' }],
  [{ url: 'geheim' }, { expected: 'a URL as url' }],
  [{ ...shop, port: 'geheim' }, { expected: 'a number as port' }],
  [{ ...shop, port: '3306' }, { expected: 'engine: mariadb or mysql' }],
  [{ ...shop, engine: 'oracle' }, { found: 'oracle' }],
])('%j is none, and nothing of it is shown', (secret, error) => {
  const thrown = () => urlOfSecret(secret, 'secret/database/shop');
  expect(thrown).toThrow(expect.objectContaining({ code: 'secret-address', ...error }));
  expect(thrown).not.toThrow(/geheim/);
});
