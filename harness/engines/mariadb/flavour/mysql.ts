import type { Flavour } from '../flavour.ts';

export const mysqlFlavour: Flavour = {
  name: 'mysql',
  title: 'MySQL',
  connectorClass: 'io.debezium.connector.mysql.MySqlConnector',
  connectorName: 'mysql',
  unlimitedTime: 'max_execution_time = 0',
};
