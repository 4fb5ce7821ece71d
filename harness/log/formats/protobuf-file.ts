import protobuf from 'protobufjs';
import { Undecodable } from '../wire.ts';

/** Files that converters import and no registry has, with what of them tells how their messages are written. */
const BUILT_IN: Readonly<Record<string, string>> = {
  'google/type/date.proto': `syntax = "proto3"; package google.type;
    message Date { int32 year = 1; int32 month = 2; int32 day = 3; }`,
  'google/type/timeofday.proto': `syntax = "proto3"; package google.type;
    message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }`,
  'confluent/type/decimal.proto': `syntax = "proto3"; package confluent.type;
    message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`,
};

/** Its messages are only named in options. */
const META = 'confluent/meta.proto';

/** The first message of a .proto file, with the types of its fields found. Throws {@link Undecodable}. */
export function firstMessage(text: string): protobuf.Type {
  const root = new protobuf.Root();
  const { package: name, imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true });
  const file = name === undefined ? root : (root.lookup(name) as protobuf.Namespace | null);
  const message = file?.nestedArray.find((part) => part instanceof protobuf.Type);
  if (message === undefined) throw new Undecodable('it has no message');
  for (const path of [...imports, ...weakImports]) addImport(root, path);
  root.resolveAll();
  return message;
}

function addImport(root: protobuf.Root, path: string): void {
  const common = protobuf.common.get(path);
  const own = BUILT_IN[path];
  if (common?.nested !== undefined) root.addJSON(common.nested);
  else if (own !== undefined) protobuf.parse(own, root, { keepCase: true });
  else if (path !== META) throw new Undecodable(`it imports ${path}`);
}

/** What the converter noted of Connect in a field's options. */
export function notesOf({ parsedOptions }: protobuf.FieldBase): Readonly<Record<string, string>> {
  const options = (parsedOptions ?? []) as readonly Readonly<Record<string, { readonly params?: unknown }>>[];
  const params = options.flatMap((option) => option['(confluent.field_meta)']?.params ?? []);
  return Object.fromEntries(
    (params as unknown as readonly { readonly key: string; readonly value: string }[]).map(({ key, value }) => [
      key,
      value,
    ]),
  );
}
