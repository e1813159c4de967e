import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as alerts from '../../../hub/storage/schema/alerts.ts'
import * as connectors from '../../../hub/storage/schema/connectors.ts'
import * as detection from '../../../hub/storage/schema/detection.ts'
import * as events from '../../../hub/storage/schema/events.ts'
import * as fleet from '../../../hub/storage/schema/fleet.ts'
import * as identity from '../../../hub/storage/schema/identity.ts'
import * as statistics from '../../../hub/storage/schema/statistics.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

const TABLES: readonly PgTable[] = [alerts, connectors, detection, events, fleet, identity, statistics].flatMap((part) => Object.values(part))

test('the tables the code knows have the columns, types and nulls the migrations made, and none is unknown to it', async () => {
  const { rows } = await database.superuser.query<{ table: string; column: string; type: string; nullable: boolean }>(`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'schema_migrations'`)
  const made = rows.map(({ table, column, type, nullable }) => `${table}.${column} ${type}${nullable ? '' : ' not null'}`)
  const known = TABLES.flatMap((table) => {
    const { name, columns } = getTableConfig(table)
    return columns.map((column) => `${name}.${column.name} ${column.getSQLType()}${column.notNull ? ' not null' : ''}`)
  })
  const plain = (line: string) => line.replace('timestamp(3) with time zone', 'timestamp (3) with time zone')
  expect(known.map(plain).sort()).toEqual(made.map(plain).sort())
})
