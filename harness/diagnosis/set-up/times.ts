import { tableId } from '#model/catalog.ts';
import { sinkDialect, sinkWords } from '../dialect.ts';
import { answered, listed, type SetUpEntry } from './entry.ts';

const ZONES = { debezium: 'use.time.zone', confluent: 'db.timezone', aiven: 'db.timezone' } as const;

/** Names of UTC, as Java's time zones have them. */
const UTC = /^(?:utc|gmt|z|zulu|uct|etc\/(?:utc|gmt|uct|zulu)|(?:utc|gmt)?[+-]0?0?(?::?00)?)$/i;

/** Of PostgreSQL, MariaDB and MySQL, and SQL Server: a moment of which nobody knows the zone. */
const ZONELESS = /^(?:timestamp(?:\(\d\))? without time zone|datetime.*)$/;

const shifted: SetUpEntry = {
  code: 'sink-time-zone',
  title:
    'A JDBC sink connector is to write times without a zone in another zone than UTC, in which Debezium sends them.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-use-time-zone',
  find: answered(
    ({ sinkConnect }) => sinkConnect,
    ({ name, config = {} }, { where }, { target }) => {
      const dialect = sinkDialect({ name, file: '', config });
      if (dialect === undefined || target === undefined || !('read' in target)) return undefined;
      const zone = config[ZONES[dialect]];
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
          `GET ${where}/connectors/${name}/config: ${ZONES[dialect]}=${zone}`,
          `the catalog of ${target.place.where}: ${listed(columns)} without a time zone`,
        ],
        fix: { by: 'hand', at: `the configuration of ${name}`, run: [`${ZONES[dialect]}=UTC`] },
        notes: [
          'whether rows are depends on the connector: driftlab reconcile finds those that are, and driftlab recover backfill repairs them',
        ],
        certainty: 'shown',
      };
    },
  ),
};

/** What makes values wrong, and stops nothing. */
export const TIMES: readonly SetUpEntry[] = [shifted];
