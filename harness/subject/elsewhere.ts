import type { ConnectorFile } from '#model/pipeline.ts';
import type { ConverterPart, RegistryConverter } from '#model/registry-converter.ts';
import { OperatorError } from '#std/errors.ts';
import { redacted } from '#std/redact.ts';
import { isInstalled } from './registry-converters.ts';

/** Properties that say where something is. Addresses of Kafka are not among them: the lab has a broker of its own. */
const ADDRESS = /(^|[._])(urls?|uris?|endpoints?|hosts?|hostname|connection\.string)$/i;
/** Dropped with all else that secures their Kafka. */
const SECURITY = /(^|\.)(sasl|ssl)\./;
const CONVERTER = /^(key|value)\.converter\./;

/** A connector's file, and what is known of its converters. */
interface ConvertedFile extends ConnectorFile {
  readonly converters?: readonly RegistryConverter[];
}

/** Refuses a source connector's configuration that reaches servers of which the lab has no counterpart. `at` names its place. */
export function refuseSourceElsewhere(source: ConvertedFile, at: string): void {
  refuseAddresses(source, at, 'database.hostname');
}

/** The same for a sink's: whatever it is, it must write to a database by JDBC. */
export function refuseSinkElsewhere(sink: ConvertedFile, at: string): void {
  const { file, config } = sink;
  const url = config['connection.url'];
  const named = config['connector.class'] ?? '';
  // A URL that is filled in where it is deployed stands as ${…} here.
  const byJdbc = url === undefined || url.includes('${') ? /jdbc/i.test(named) : url.startsWith('jdbc:');
  if (!byJdbc)
    throw new OperatorError({
      code: 'sink-elsewhere',
      message: `${at}: ${file} is no JDBC sink's configuration: in the lab it would write where yours does`,
      expected: "connection.url=jdbc:…, which is replaced by the lab's own",
      found: `${named} ${url === undefined ? 'without connection.url' : `with connection.url=${redacted('connection.url', url)}`}`,
      hint: 'test the source connector alone, with a builtin subject, or with a command that writes to SINK_URL',
    });
  refuseAddresses(sink, at, 'connection.url');
}

/** `replaced` is the one address that the lab has a counterpart of. */
function refuseAddresses({ file, config, converters = [] }: ConvertedFile, at: string, replaced: string): void {
  /** Of a converter whose addresses are the lab's here, or of one that reaches nothing. */
  const harmless = (property: string): boolean => {
    const part = CONVERTER.exec(property)?.[1] as ConverterPart | undefined;
    return part !== undefined && (converters.some((one) => one.part === part) || isInstalled(config, part));
  };
  const found = Object.entries(config).find(
    ([property, value]) =>
      property !== replaced &&
      value !== '' &&
      ADDRESS.test(property) &&
      !SECURITY.test(property) &&
      !harmless(property),
  );
  if (found === undefined) return;
  const [property, value] = found;
  throw new OperatorError({
    code: 'address-elsewhere',
    message: `${at}: ${file}: ${property} is the address of a server that the lab has not`,
    expected: `${replaced} as the only address`,
    found: `${property}=${redacted(property, value)}`,
    hint: 'test a copy of the file without it: nothing of yours may be reached from here',
  });
}
