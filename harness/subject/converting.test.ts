import { expect, test } from 'vitest';
import type { OwnConnector } from '#model/pipeline.ts';
import type { RegistryConverter, RegistryFormat } from '#model/registry-converter.ts';
import { convertingOf, formatFor, refuseMixed, standIns } from './converting.ts';

const value = (format: RegistryFormat, here: RegistryConverter['here'] = 'avro'): RegistryConverter => ({
  ...{ part: 'value', api: 'confluent', format, here },
});
const connector = (file: string, ...converters: RegistryConverter[]): OwnConnector => ({
  ...{ name: file, file, config: {}, converters },
});
const converting = (sources: OwnConnector[], ...sinks: OwnConnector[]) =>
  convertingOf(sources, { sink: { kind: 'connect-sink', title: 'sink', connectors: sinks } });

test('what stands in for another format is told, once for a file', () => {
  const protobuf = connector('source.json', value('Protobuf'));
  expect(standIns(converting([protobuf], protobuf, connector('sink.json', value('Avro'))))).toEqual([
    expect.stringContaining('values of source.json are in Avro here: no converter for Protobuf is there'),
  ]);
  expect(standIns(converting([connector('source.json', value('Protobuf', 'own'))]))).toEqual([]);
});

test('a sink that reads another format than its source writes is refused where Avro would hide it', () => {
  const avro = connector('source.json', value('Avro'));
  const mixed = converting([avro], connector('sink.json', value('Protobuf')));
  expect(() => refuseMixed(mixed)).toThrow(
    'sink.json: its value.converter reads Protobuf, and source.json writes Avro',
  );
  refuseMixed(converting([avro], connector('sink.json', value('Avro'))));
  // What the sink itself makes of it is seen.
  refuseMixed(converting([connector('source.json', value('Avro', 'own'))], connector('s', value('Protobuf', 'own'))));
  refuseMixed(converting([connector('source.json')], connector('sink.json', value('Protobuf'))));
});

test('the lab’s own connector writes what sinks with such converters read', () => {
  const sink = connector('sink.json', value('Avro'));
  expect(formatFor(converting([], sink))).toEqual({ format: 'avro' });
  expect(formatFor(converting([connector('source.json', value('Avro'))], sink))).toEqual({});
  expect(formatFor(converting([], connector('sink.json')))).toEqual({});
});
