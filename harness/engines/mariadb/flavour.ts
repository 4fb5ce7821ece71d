import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';

/** What MariaDB and MySQL do not have in common: of two engines that are one family, all that tells them apart. */
export interface Flavour {
  /** The engine's name, and with a colon the scheme of its URLs. */
  readonly name: 'mariadb' | 'mysql';
  readonly title: string;
  /** Debezium's connector for it. */
  readonly connectorClass: string;
  /** As the connector's `source` blocks name it. */
  readonly connectorName: string;
  /** What a session is set to beside what both have: no statement of the lab's has a time limit. */
  readonly unlimitedTime: string;
}

const FLAVOURS: readonly Flavour[] = [mariadbFlavour, mysqlFlavour];

/** The flavour of a database or of a server by its engine's name. */
export function flavourOf({ engine }: { readonly engine: string }): Flavour {
  return FLAVOURS.find(({ name }) => name === engine) ?? mariadbFlavour;
}

/** The flavour of a URL of either. */
export function flavourOfUrl(url: string): Flavour {
  return flavourOf({ engine: new URL(url).protocol.slice(0, -1) });
}
