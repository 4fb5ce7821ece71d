import type { Tool } from '../tool.ts';
import { connectorStatus } from './connector-status.ts';
import { databaseQuery } from './database-query.ts';
import { kafkaConsumerLag } from './kafka-consumer-lag.ts';
import { verifierReport } from './verifier-report.ts';

/** Every tool, in the order in which they are listed. */
export const TOOLS: readonly Tool[] = [verifierReport, connectorStatus, kafkaConsumerLag, databaseQuery];
