/**
 * The shop's tables. `gift` is often NULL although it has a default, which converters like to confuse. `notes` is wide and stored out of line, so that most updates leave it out
 * of the WAL (TOAST).
 */
export const SCHEMA_SQL = `
CREATE TABLE customers (
  id         bigint PRIMARY KEY,
  name       text NOT NULL,
  email      text NOT NULL,
  active     boolean NOT NULL DEFAULT true,
  credit     numeric(12,2) NOT NULL DEFAULT 0,
  profile    jsonb,
  notes      text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz
);
ALTER TABLE customers ALTER COLUMN notes SET STORAGE EXTERNAL;
CREATE TABLE orders (
  id          bigint PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers (id),
  status      text NOT NULL,
  total       numeric(12,2) NOT NULL,
  gift        boolean DEFAULT false,
  created_at  timestamptz NOT NULL DEFAULT now(),
  shipped_at  timestamptz
);
CREATE INDEX ON orders (customer_id);
CREATE TABLE line_items (
  order_id   bigint NOT NULL REFERENCES orders (id),
  line_no    integer NOT NULL,
  product    text NOT NULL,
  quantity   integer NOT NULL,
  unit_price numeric(10,2) NOT NULL,
  discount   numeric(8,4),
  PRIMARY KEY (order_id, line_no)
);
`;

export const CUSTOMERS = 'public.customers';
export const ORDERS = 'public.orders';
export const LINE_ITEMS = 'public.line_items';

export const SEED_CUSTOMERS = 1000;
export const SEED_ORDERS = 2000;
