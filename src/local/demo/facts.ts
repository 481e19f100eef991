/** The demo's one database. */
export const DEMO_DATABASE = "shop";

export interface DemoTable {
  /** As SQL writes it, quoted where it must be. */
  readonly name: string;
  /** Rows as generated. */
  readonly rows: number;
  /** Whether a refresh to the present adds rows: then `rows` is the least. */
  readonly grows: boolean;
}

/** What the demo database holds, for plans and tests; a test holds it against the generated rows. */
export const DEMO_TABLES: readonly DemoTable[] = [
  { name: "shop.schema_migrations", rows: 24, grows: false },
  { name: "shop.customer", rows: 10_000, grows: false },
  { name: "shop.address", rows: 14_000, grows: false },
  { name: "shop.product", rows: 1_000, grows: false },
  { name: 'shop."order"', rows: 30_000, grows: true },
  { name: "shop.order_line", rows: 75_000, grows: true },
  { name: "shop.payment", rows: 28_000, grows: true },
  { name: "shop.stock_movement", rows: 40_000, grows: false },
  { name: "shop.event", rows: 80_000, grows: true },
  { name: 'shop."Order Items Archive"', rows: 8_000, grows: false },
  { name: "shop.audit_log", rows: 12_000, grows: false },
  { name: "shop.heartbeat", rows: 10_080, grows: true },
];

/** The newest migration. */
export const DEMO_SCHEMA_VERSION = "20251024190056";

/** The last link of the audit chain, which only something kept outside the database can vouch for. */
export const DEMO_AUDIT_HEAD = {
  seq: 12_000,
  selfHash: "b3ce3110500e4355ce96c643458203b247b5db991031d0a5779cc1172e58befe",
};

/** The extensions that the demo needs. */
export const DEMO_EXTENSIONS: readonly string[] = ["pgcrypto"];
