import { and, asc, desc, eq, type InferSelectModel, inArray } from 'drizzle-orm'
import type { StoredRule, TenantRuleStore } from '../detection/content/ports.ts'
import type { Database } from './database.ts'
import { AlreadyExists, sqlState } from './errors.ts'
import { tenantRulesTable, tenantRuleVersionsTable } from './schema/detection.ts'
import { withTenant } from './tenant.ts'
import { present, storable, storableOrNull } from './text.ts'

/** Rules a tenant wrote, each with the versions of its text. */
export const createTenantRuleStore = (db: Database): TenantRuleStore => ({
  list: (tenant) => withTenant(db, tenant, async (tx) => (await tx.select().from(tenantRulesTable).orderBy(asc(tenantRulesTable.id))).map(toRule)),

  get: (tenant, ruleId) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx.select().from(tenantRulesTable).where(eq(tenantRulesTable.id, ruleId))
      return row && toRule(row)
    }),

  async create(tenant, { id, source, tests, note }, { actor, at }) {
    const { tenantId } = tenant
    try {
      return await withTenant(db, tenant, async (tx) => {
        const text = storable(source)
        const author = { createdAt: at, createdBy: actor }
        const [row] = await tx
          .insert(tenantRulesTable)
          .values({ tenantId, id, version: 1, source: text, tests, ...author, updatedAt: at, updatedBy: actor })
          .returning()
        if (!row) throw new Error('an inserted rule did not come back')
        await tx.insert(tenantRuleVersionsTable).values({ tenantId, ruleId: id, version: 1, source: text, note: storableOrNull(note), ...author })
        return toRule(row)
      })
    } catch (error) {
      if (sqlState(error) === '23505') throw new AlreadyExists('there is a rule with this id', { cause: error })
      throw error
    }
  },

  update: (tenant, ruleId, expectedRevision, { source, stage, tests, note }, { actor, at, keepVersions }) =>
    withTenant(db, tenant, async (tx) => {
      const { tenantId } = tenant
      const [held] = await tx.select().from(tenantRulesTable).where(eq(tenantRulesTable.id, ruleId)).for('update')
      if (!held || held.revision !== expectedRevision) return undefined
      const text = source === undefined ? undefined : storable(source)
      const isNewText = text !== undefined && text !== held.source
      const version = held.version + (isNewText ? 1 : 0)
      const [row] = await tx
        .update(tenantRulesTable)
        .set({ version, source: text, stage, tests, revision: held.revision + 1, updatedAt: at, updatedBy: actor })
        .where(eq(tenantRulesTable.id, ruleId))
        .returning()
      if (!row) throw new Error('an updated rule did not come back')
      if (!isNewText) return { rule: toRule(row), dropped: [] }
      await tx
        .insert(tenantRuleVersionsTable)
        .values({ tenantId, ruleId, version, source: text, note: storableOrNull(note), createdAt: at, createdBy: actor })
      const kept = await tx
        .select({ version: tenantRuleVersionsTable.version })
        .from(tenantRuleVersionsTable)
        .where(eq(tenantRuleVersionsTable.ruleId, ruleId))
        .orderBy(desc(tenantRuleVersionsTable.version))
      const dropped = kept.slice(keepVersions).map((each) => each.version)
      if (dropped.length > 0)
        await tx
          .delete(tenantRuleVersionsTable)
          .where(and(eq(tenantRuleVersionsTable.ruleId, ruleId), inArray(tenantRuleVersionsTable.version, dropped)))
      return { rule: toRule(row), dropped }
    }),

  delete: (tenant, ruleId) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx.delete(tenantRulesTable).where(eq(tenantRulesTable.id, ruleId)).returning({ id: tenantRulesTable.id })
      return rows.length > 0
    }),

  versions: (tenant, ruleId) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx
        .select()
        .from(tenantRuleVersionsTable)
        .where(eq(tenantRuleVersionsTable.ruleId, ruleId))
        .orderBy(desc(tenantRuleVersionsTable.version))
      return rows.map((row) => {
        const { version, source, note, createdAt, createdBy } = present(row)
        return { version, source, note, createdAt, createdBy }
      })
    }),
})

const toRule = ({ tenantId: _, ...row }: InferSelectModel<typeof tenantRulesTable>): StoredRule => row
