import { expect, test } from 'vitest';
import { type AvroField, avroFile } from '#testing/avro-file.ts';
import { dataFiles } from './data-files.ts';

const LIST: AvroField = {
  ...{ type: 'record', name: 'manifest_file' },
  fields: [
    { name: 'manifest_path', type: 'string' },
    { name: 'content', type: 'int' },
    { name: 'sequence_number', type: 'long' },
  ],
};
const MANIFEST: AvroField = {
  ...{ type: 'record', name: 'manifest_entry' },
  fields: [
    { name: 'status', type: 'int' },
    { name: 'sequence_number', type: ['null', 'long'] },
    {
      name: 'data_file',
      type: {
        ...{ type: 'record', name: 'r2' },
        fields: [
          { name: 'file_path', type: 'string' },
          { name: 'file_format', type: 'string' },
        ],
      },
    },
  ],
};

const file = (path: string, { status = 1, sequence = null as number | null, format = 'PARQUET' } = {}) => ({
  ...{ status, sequence_number: sequence, data_file: { file_path: path, file_format: format } },
});
const manifest = (path: string, sequence: number, content = 0) => ({
  ...{ manifest_path: path, content, sequence_number: sequence },
});

/** Ids that no JavaScript number tells apart. */
const [OLD, CURRENT] = ['9007199254740993', '9007199254740992'];
const METADATA = `{"current-snapshot-id":${CURRENT},"snapshots":[
  {"snapshot-id":${OLD},"manifest-list":"old"},{"snapshot-id":${CURRENT},"manifest-list":"list"}]}`;

function store(files: Readonly<Record<string, string | Buffer>>) {
  const read: string[] = [];
  return {
    read,
    async get(path: string) {
      read.push(path);
      const found = files[path];
      if (found === undefined) throw new Error(`no ${path}`);
      return Buffer.from(found);
    },
  };
}

test('the files of the current snapshot come in the order of their commits, without those that were removed', async () => {
  const { get, read } = store({
    metadata: METADATA,
    list: avroFile(LIST, [manifest('third', 3), manifest('merged', 2)]),
    third: avroFile(MANIFEST, [file('c')]),
    merged: avroFile(MANIFEST, [
      file('b', { status: 0, sequence: 2 }),
      file('a', { status: 0, sequence: 1 }),
      file('gone', { status: 2, sequence: 1 }),
    ]),
  });
  const known = new Map();
  const files = [
    { path: 'a', sequence: 1 },
    { path: 'b', sequence: 2 },
    { path: 'c', sequence: 3 },
  ];
  expect(await dataFiles('metadata', get, known)).toEqual(files);
  expect(await dataFiles('metadata', get, known)).toEqual(files);
  expect(read).toEqual(['metadata', 'list', 'third', 'merged', 'metadata', 'list']);
});

test.each(['{"current-snapshot-id":-1,"snapshots":[]}', '{}'])(
  'a table without a snapshot has none: %s',
  async (json) => {
    expect(await dataFiles('metadata', store({ metadata: json }).get, new Map())).toEqual([]);
  },
);

test('deletes, and files of another format, are more than is known here', async () => {
  const deletes = store({ metadata: METADATA, list: avroFile(LIST, [manifest('m', 1, 1)]) });
  await expect(dataFiles('metadata', deletes.get, new Map())).rejects.toThrow('has deletes');
  const orc = store({
    ...{ metadata: METADATA, list: avroFile(LIST, [manifest('m', 1)]) },
    m: avroFile(MANIFEST, [file('a.orc', { format: 'ORC' })]),
  });
  await expect(dataFiles('metadata', orc.get, new Map())).rejects.toThrow('a.orc is ORC');
});
