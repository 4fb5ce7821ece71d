import type { Workload } from '#model/workload.ts';
import { shopGenerator } from './generator.ts';
import { install } from './install.ts';

/** A small shop: customers, orders and line items, with hot keys, multi-row transactions and changed primary keys. */
export const shop: Workload = { name: 'shop', install, generator: shopGenerator };
