import { expect, test } from 'vitest';
import { hereWith, labAddresses } from '#testing/here.ts';
import { openConnectors } from './connectors.ts';
import type { CdcServers } from './pipeline.ts';
import { resolveAddress } from './references.ts';

const here = hereWith({}, labAddresses);
const urlOf = (side: string, name: string) => resolveAddress(side, name, here).url;

test('a name is a database of the server that it names, by the way on which loads are troubled', () => {
  expect(urlOf('source', 'lab:source')).toBe('postgresql://me:geheim@source-of-loader:5432/lab');
  expect(urlOf('source', 'lab:sink/own')).toBe('postgresql://me:geheim@sink-of-loader:5432/own');
  expect(resolveAddress('target', 'lab:sink/copy', here)).toEqual({
    ...{ url: 'postgresql://me:geheim@sink-of-loader:5432/copy', secrets: ['geheim'] },
  });
});

test('what the lab fills itself is no target, and a lab that is not up is one clear error', () => {
  for (const name of ['lab:sink/lab_dedup', 'lab:source/lab'])
    expect(() => urlOf('target', name)).toThrow(/a database that the lab itself fills/);
  expect(() => resolveAddress('source', 'lab:source', hereWith({}))).toThrow(
    expect.objectContaining({
      ...{ message: 'the pipeline names servers of the live lab: the lab is down', exit: 1, hint: 'npx driftlab up' },
    }),
  );
  const { shared: _, ...older } = labAddresses;
  expect(() => resolveAddress('source', 'lab:source', hereWith({}, older))).toThrow(/started by an older driftlab/);
});

const lab = { connect: ['lab'], sinkConnect: ['lab'], brokers: ['lab'] };
const own = { connect: ['http://c:8083'], sinkConnect: ['http://c:8083'], brokers: ['b:9092'] };
const place = (side: 'source' | 'target', cdc: CdcServers, address: string) =>
  openConnectors(cdc, here).told.place(side, address, `postgres://a:b@${side}/copy`);

test("the lab's workers are told of its servers as they reach them, with references in place of passwords", () => {
  expect(place('source', lab, 'lab:source/own')).toMatchObject({
    ...{ database: 'own', server: { host: 'source-of-capture', password: expect.stringContaining(':capture}') } },
  });
  expect(place('target', lab, 'lab:sink/copy')).toMatchObject({
    ...{ database: 'copy', server: { host: 'sink-of-sinks', password: expect.stringContaining(':sinks}') } },
  });
  expect(openConnectors(lab, here)).toMatchObject({
    brokers: ['broker-of-lab:9092'],
    told: { brokers: ['broker-of-capture:9092'] },
  });
});

test('workers of somebody else are told the addresses that this machine has, and so is whatever the lab has not', () => {
  expect(place('source', own, 'lab:source/own')).toMatchObject({ server: { host: 'source', password: 'b' } });
  expect(place('target', lab, 'postgres://target/copy')).toMatchObject({ server: { host: 'target', password: 'b' } });
  expect(openConnectors(own, here).told.brokers).toEqual(['b:9092']);
});
