import type { Flavour } from '../flavour.ts';

export const mariadbFlavour: Flavour = {
  name: 'mariadb',
  title: 'MariaDB',
  connectorClass: 'io.debezium.connector.mariadb.MariaDbConnector',
  connectorName: 'mariadb',
  unlimitedTime: 'max_statement_time = 0',
};
