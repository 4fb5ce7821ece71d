import { tableId } from '#model/catalog.ts';
import { sinkDialect, sinkWords } from '../dialect.ts';
import { answered, listed, type SetUpEntry } from './entry.ts';

/** Debezium's own sink writes the times of such a column as they are, whatever its `use.time.zone`: seen with 3.5.0. */
const ZONE = 'db.timezone';

/** Names of UTC, as Java's time zones have them. */
const UTC = /^(?:utc|gmt|z|zulu|uct|etc\/(?:utc|gmt|uct|zulu)|(?:utc|gmt)?[+-]0?0?(?::?00)?)$/i;

/** Of PostgreSQL, MariaDB and MySQL, and SQL Server: a moment of which nobody knows the zone. */
const ZONELESS = /^(?:timestamp(?:\(\d\))? without time zone|datetime.*)$/;

const shifted: SetUpEntry = {
  code: 'sink-time-zone',
  title:
    'A JDBC sink connector is to write times without a zone in another zone than UTC, in which Debezium sends them.',
  docs: 'https://docs.confluent.io/kafka-connectors/jdbc/current/sink-connector/sink_config_options.html',
  find: answered(
    ({ sinkConnect }) => sinkConnect,
    ({ name, config = {} }, { where }, { target }) => {
      const dialect = sinkDialect({ name, file: '', config });
      if (dialect === undefined || dialect === 'debezium' || target === undefined || !('read' in target))
        return undefined;
      const zone = config[ZONE];
      if (zone === undefined || UTC.test(zone)) return undefined;
      const table = config[sinkWords(dialect).tableName] ?? '';
      const columns = (target.read.state?.tables ?? [])
        // Of a name that is made of each record's own, no table is known.
        .filter((one) => table === one.name || table === tableId(one))
        .flatMap((one) =>
          one.columns.filter(({ type }) => ZONELESS.test(type)).map((column) => `${tableId(one)}.${column.name}`),
        );
      if (columns.length === 0) return undefined;
      return {
        says: `${name} writes times without a zone as those of ${zone}: in ${listed(columns)} they may be shifted by its distance from UTC.`,
        evidence: [
          `GET ${where}/connectors/${name}/config: ${ZONE}=${zone}`,
          `the catalog of ${target.place.where}: ${listed(columns)} without a time zone`,
        ],
        fix: { by: 'hand', at: `the configuration of ${name}`, run: [`${ZONE}=UTC`] },
        notes: [
          'whether rows are depends on the connector: driftlab reconcile finds those that are, and driftlab recover backfill repairs them',
        ],
        // Of Confluent's and Aiven's connectors their documentation says it; none was seen here.
        certainty: 'likely',
      };
    },
  ),
};

/** What makes values wrong, and stops nothing. */
export const TIMES: readonly SetUpEntry[] = [shifted];
