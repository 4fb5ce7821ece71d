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

test('a setting of theirs that nothing here can do is told, with what follows', () => {
  const config = { 'value.converter.ignore.default.for.nullables': 'true' };
  expect(standIns(converting([{ ...connector('source.json', value('Avro')), config }]))).toEqual([
    'value.converter.ignore.default.for.nullables=true in source.json has no counterpart here: ' +
      'a NULL in a column that has a default is written as that default',
  ]);
  expect(standIns(converting([{ ...connector('source.json', value('Avro', 'own')), config }]))).toEqual([]);
});

test('a sink that names no converter reads what its source writes', () => {
  const source = connector('source.json', value('Avro'));
  const own = { ...connector('sink.json', value('Avro')), config: { 'value.converter': 'AvroConverter' } };
  expect(formatFor(converting([source], own))).toEqual({});
  expect(formatFor(converting([source], connector('sink.json')))).toEqual({ format: 'avro' });
  expect(formatFor(convertingOf([source], { lab: { kind: 'connect-sink', title: 'lab' } }))).toEqual({
    format: 'avro',
  });
  expect(formatFor(convertingOf([source], { applier: { kind: 'builtin', title: 'applier' } }))).toEqual({});
});

test('the lab’s own connector writes what sinks with such converters read', () => {
  const sink = connector('sink.json', value('Avro'));
  expect(formatFor(converting([], sink))).toEqual({ format: 'avro' });
  expect(formatFor(converting([], connector('sink.json')))).toEqual({});
});
