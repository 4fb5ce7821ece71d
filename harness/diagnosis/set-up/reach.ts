import type { Place, Refusal, RefusalKind, SetUpFacts, SetUpFix } from '#model/set-up.ts';
import type { SetUpEntry, SetUpFound } from './entry.ts';
import { quoted } from './sql.ts';

const SERVER = 'https://www.postgresql.org/docs/current';
const CLIENT_MESSAGES = `${SERVER}/client-authentication-problems.html`;

type Side = 'source' | 'target';

/** One way in which a database cannot be connected to, and what changes it. */
interface Way {
  readonly code: string;
  readonly kind: RefusalKind;
  readonly title: (side: Side) => string;
  readonly docs: string;
  says(side: Side, place: Place): string;
  fix(side: Side, place: Place, refusal: Refusal): SetUpFix;
  readonly note?: string;
}

const at = (side: Side, { where }: Place, as?: string): string =>
  `the ${side} ${where.replace(/^.*@/, '')}${as === undefined ? '' : `, ${as}`}`;

/** An address is corrected where its references point; one without any is part of what was created. */
const correct = ({ address }: Place): string =>
  /\$\{/.test(address)
    ? `or set what ${(address.match(/\$\{[^{}]*\}/g) ?? []).join(', ')} stands for`
    : `or correct the address: ${address}`;

const WAYS: readonly Way[] = [
  {
    ...{ code: 'host-unknown', kind: 'host-unknown', docs: `${SERVER}/libpq-connect.html` },
    title: (side) => `No name server knows the host of the ${side}.`,
    says: (side, { host }) => `No name server knows ${host}, the host of the ${side}.`,
    fix: (side, place) => ({ by: 'hand', at: `the ${side}'s address`, run: [`correct the host in ${place.address}`] }),
  },
  {
    ...{ code: 'unreachable', kind: 'unreachable', docs: `${SERVER}/server-start.html#CLIENT-CONNECTION-PROBLEMS` },
    title: (side) => `Nothing answers at the host and the port of the ${side}.`,
    says: (side, { host, port }) => `Nothing answers at ${host}:${port}, the ${side}.`,
    fix: (side, place, { hint = `start the server of the ${side}` }) => ({
      ...{ by: 'hand', at: `${place.host}`, run: [`${hint}; ${correct(place)}`] },
    }),
  },
  {
    ...{ code: 'wrong-engine', kind: 'wrong-engine', docs: `${SERVER}/libpq-connect.html` },
    title: (side) => `The server at the ${side}'s address is of another engine.`,
    says: (side, { host, port, title }) => `The server at ${host}:${port}, the ${side}, is not ${title}.`,
    fix: (side, place) => ({
      by: 'hand',
      at: `the ${side}'s address`,
      run: [`correct scheme or port in ${place.address}`],
    }),
  },
  {
    ...{ code: 'not-admitted', kind: 'not-admitted', docs: `${SERVER}/auth-pg-hba-conf.html` },
    title: (side) =>
      `The ${side}'s server lets this user in from here not at all: by pg_hba.conf, or as a role without LOGIN.`,
    says: (side, { user }) => `The ${side}'s server does not let ${user} in from here.`,
    fix: (side, place, { says }) =>
      /pg_hba\.conf/.test(says)
        ? {
            by: 'hand',
            at: at(side, place, 'before the line of pg_hba.conf that refuses it; then SELECT pg_reload_conf()'),
            run: [`host ${quoted(place.database ?? '')} ${quoted(place.user ?? '')} ${addressIn(says)} scram-sha-256`],
          }
        : { by: 'sql', at: at(side, place, 'as a superuser'), run: [`ALTER ROLE ${quoted(place.user ?? '')} LOGIN`] },
    note: "Connect's workers connect from their own hosts, and need the same line for these",
  },
  {
    ...{ code: 'password', kind: 'password', docs: CLIENT_MESSAGES },
    title: (side) => `The ${side}'s server refuses the user's password.`,
    says: (side, { user }) => `The ${side}'s server refuses the password of ${user}, or has no such user.`,
    fix: (side, place) => ({
      by: 'sql',
      at: at(side, place, `as a superuser; ${correct(place)}`),
      run: [`ALTER ROLE ${quoted(place.user ?? '')} PASSWORD '…'`],
    }),
  },
  {
    ...{ code: 'no-database', kind: 'no-database', docs: CLIENT_MESSAGES },
    title: (side) => `The ${side}'s server has no database of this name.`,
    says: (side, { database }) => `The ${side}'s server has no database ${database}.`,
    fix: (side, place) => ({
      by: 'sql',
      at: at(side, place, `in another database; ${correct(place)}`),
      run: [`CREATE DATABASE ${quoted(place.database ?? '')}`],
    }),
    note: 'SELECT datname FROM pg_database lists those that there are',
  },
  {
    ...{ code: 'no-connection-left', kind: 'no-connection-left' },
    docs: `${SERVER}/runtime-config-connection.html#GUC-MAX-CONNECTIONS`,
    title: (side) => `The ${side}'s server has no connection left for this user.`,
    says: (side, { user }) => `The ${side}'s server has no connection left for ${user}.`,
    fix: (side, place, { says }) => {
      const [, kind] = /too many connections for (role|database)/.exec(says) ?? [];
      const name = quoted((kind === 'role' ? place.user : place.database) ?? '');
      return kind === undefined
        ? {
            ...{ by: 'sql', at: at(side, place, 'as a superuser; then start the server anew') },
            run: ['ALTER SYSTEM SET max_connections = …'],
          }
        : {
            ...{ by: 'sql', at: at(side, place, 'as a superuser') },
            run: [`ALTER ${kind.toUpperCase()} ${name} CONNECTION LIMIT -1`],
          };
    },
    note: 'SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 says who has them',
  },
  {
    ...{ code: 'refused', kind: 'refused', docs: CLIENT_MESSAGES },
    title: (side) => `The ${side} refuses the connection, or does not answer what is asked.`,
    says: (side) => `The ${side} could not be asked.`,
    fix: (side, place, { hint }) => ({
      by: 'hand',
      at: at(side, place),
      run: [hint ?? 'see what the server says'],
    }),
  },
];

/** The client's address as the server names it, as a line of pg_hba.conf has it. */
function addressIn(says: string): string {
  const [, host = ''] = /host "([^"]+)"/.exec(says) ?? [];
  return host === '' ? '…' : `${host}/${host.includes(':') ? 128 : 32}`;
}

function refusalOf(facts: SetUpFacts, side: Side) {
  const asked = facts[side];
  return asked !== undefined && 'refusal' in asked ? asked : undefined;
}

function entriesOf(side: Side): readonly SetUpEntry[] {
  return WAYS.map((way) => ({
    ...{ code: `${side}-${way.code}`, title: way.title(side), docs: way.docs },
    ...{ seenOn: 'PostgreSQL 18.4' },
    find(facts): SetUpFound | undefined {
      const refused = refusalOf(facts, side);
      if (refused?.refusal.kind !== way.kind) return undefined;
      const { place, refusal } = refused;
      return {
        says: way.says(side, place),
        evidence: [`connecting to ${place.where}: ${refusal.says}`],
        fix: way.fix(side, place, refusal),
        notes: way.note === undefined ? [] : [way.note],
        certainty: 'shown',
      };
    },
  }));
}

export const SOURCE_REACH = entriesOf('source');
export const TARGET_REACH = entriesOf('target');
