import { and, asc, eq, type InferSelectModel, sql } from 'drizzle-orm'
import type { ValueList, ValueListStore } from '../detection/content/ports.ts'
import type { Database } from './database.ts'
import { AlreadyExists, sqlState } from './errors.ts'
import { valueListsTable } from './schema/detection.ts'
import { withTenant } from './tenant.ts'
import { storable } from './text.ts'

/** A tenant's value lists: what `%name%` in its rules stands for. */
export const createValueListStore = (db: Database): ValueListStore => ({
  list: (tenant) => withTenant(db, tenant, async (tx) => (await tx.select().from(valueListsTable).orderBy(asc(valueListsTable.name))).map(toList)),

  async create(tenant, { name, description, values }, { actor, at }) {
    try {
      return await withTenant(db, tenant, async (tx) => {
        const [row] = await tx
          .insert(valueListsTable)
          .values({
            tenantId: tenant.tenantId,
            name,
            description: storable(description),
            entries: values.map(storable),
            createdAt: at,
            updatedAt: at,
            updatedBy: actor,
          })
          .returning()
        if (!row) throw new Error('an inserted value list did not come back')
        return toList(row)
      })
    } catch (error) {
      if (sqlState(error) === '23505') throw new AlreadyExists('there is a value list of this name', { cause: error })
      throw error
    }
  },

  update: (tenant, name, expectedRevision, { description, values }, { actor, at }) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx
        .update(valueListsTable)
        .set({
          description: description === undefined ? undefined : storable(description),
          entries: values?.map(storable),
          updatedAt: at,
          updatedBy: actor,
          revision: sql`${valueListsTable.revision} + 1`,
        })
        .where(and(eq(valueListsTable.name, name), eq(valueListsTable.revision, expectedRevision)))
        .returning()
      return row && toList(row)
    }),

  delete: (tenant, name) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx.delete(valueListsTable).where(eq(valueListsTable.name, name)).returning({ name: valueListsTable.name })
      return rows.length > 0
    }),
})

const toList = ({ tenantId: _, entries, ...row }: InferSelectModel<typeof valueListsTable>): ValueList => ({ ...row, values: entries })
