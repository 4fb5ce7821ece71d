import { expect, test } from 'vitest';
import { serverOfUrl } from './own-server.ts';

test("a server is read from its URL, its port from the engine's where there is none", () => {
  expect(serverOfUrl('mysql', 'mysql://ro%20ot:s%40@[::1]/')).toEqual({
    ...{ engine: 'mysql', host: '::1', port: 3306, user: 'ro ot', password: 's@' },
  });
  expect(serverOfUrl('postgres', 'postgres://a@h:6543/').port).toBe(6543);
});

test.each([
  ['oracle', 'oracle://h/', /no database engine is called "oracle"/],
  ['mariadb', 'postgres://h/', /no URL of MariaDB/],
  ['mariadb', 'mariadb://h/?ssl-mode=REQUIRED', /has no parameters/],
])('%s at %s is refused', (engine, url, message) => {
  expect(() => serverOfUrl(engine, url)).toThrow(message);
});
