import type { RuleProblem, SigmaRule } from '../../../shared/sigma/contract.ts'
import type { TenantContext } from '../../identity/ports.ts'
import type { ChangedField } from './changed-fields.ts'
import { ContentChanged, ContentRefused, ruleNotFound, tooMany } from './errors.ts'
import { refusalOf } from './life-cycle.ts'
import { unifiedDiff } from './line-diff.ts'
import type { RuleChange, RuleTest, RuleVersion, TenantRuleStore } from './ports.ts'
import type { Placeholders, RuleText } from './rule-text.ts'
import type { OwnRule, TenantViews } from './tenant-views.ts'
import type { RuleTestOutcome, Trials } from './trials.ts'

const MOST_RULES = 500
const SOURCE_LIMIT_BYTES = 256 * 1024
/** Of all rules of a tenant together: their texts, and what is compiled of them, are held in memory. */
const TOGETHER_LIMIT_BYTES = 8 * 1024 * 1024
const KEEP_VERSIONS = 100
const MOST_TESTS = 50
const TESTS_LIMIT_BYTES = 512 * 1024
const RULE_ID = /^[\w.:-]{1,200}$/

export interface OwnRules {
  /** In the order of their ids. */
  list(tenantId: string): readonly OwnRule[]
  get(tenantId: string, ruleId: string): OwnRule | undefined
  /** The rule's kept events put to it. */
  outcomes(tenantId: string, rule: OwnRule): Promise<TestRun>
  /** In development; nothing runs yet. @throws {ContentRefused} `RULE_INVALID`, `RULE_ID_TAKEN`, `LIMIT_REACHED` */
  create(
    tenant: TenantContext,
    actor: string,
    rule: { source: string; tests?: readonly RuleTest[] | undefined; note?: string | undefined },
  ): Promise<OwnRule>
  /** A rule of the tenant's own with the text of another, shared or own. */
  copy(tenant: TenantContext, actor: string, original: SigmaRule): Promise<OwnRule>
  /**
   * @param expectedRevision - the one the caller saw; undefined takes whatever is there
   * @returns the rule, and the numbers of old versions that were dropped because there were too many
   * @throws {ContentRefused} `RULE_NOT_FOUND`, `RULE_INVALID`, `RULE_ID_FIXED`, `RULE_STAGE_REFUSED`; {ContentChanged}
   */
  change(
    tenant: TenantContext,
    actor: string,
    ruleId: string,
    change: RuleChange,
    expectedRevision?: number,
  ): Promise<{ rule: OwnRule; dropped: readonly number[] }>
  /** Its versions go with it; its alerts stay. @throws {ContentRefused} `RULE_NOT_FOUND`; {ContentChanged} */
  remove(tenant: TenantContext, ruleId: string, expectedRevision?: number): Promise<void>
  /** Newest first. @throws {ContentRefused} `RULE_NOT_FOUND` */
  versions(tenant: TenantContext, ruleId: string): Promise<RuleVersion[]>
  /** @throws {ContentRefused} `RULE_NOT_FOUND`, `VERSION_NOT_FOUND` */
  diff(tenant: TenantContext, ruleId: string, from: number, to: number): Promise<{ diff: string; fields: readonly ChangedField[] }>
}

export interface TestRun {
  readonly tests: readonly RuleTestOutcome[]
  /** Why they could not be run: the rule cannot be used, or takes too long. Then none of them is right. */
  readonly problems: readonly RuleProblem[]
}

export interface OwnRulesOptions {
  readonly trials: Trials
  readonly views: TenantViews
  readonly store: TenantRuleStore
  readonly isShared: (ruleId: string) => boolean
  readonly now: () => Date
  readonly newId: () => string
}

/** A tenant's own rules: their text, versions, test events and life cycle. */
export function createOwnRules({ views, store, trials, isShared, now, newId }: OwnRulesOptions): OwnRules {
  const ownRule = (tenantId: string, ruleId: string): OwnRule => {
    const rule = views.of(tenantId).rules.get(ruleId)
    if (!rule) throw ruleNotFound()
    return rule
  }

  const add = async (
    tenant: TenantContext,
    actor: string,
    { source, tests = [], note }: { source: string; tests?: readonly RuleTest[] | undefined; note?: string | undefined },
  ) => {
    const id = await views.change(tenant, async ({ rules, placeholders }) => {
      if (rules.size >= MOST_RULES) throw tooMany('rules of a tenant', MOST_RULES)
      checkSize(source, tests)
      checkTogether(rules, source)
      const text = await trials.read(source, 'rule', placeholders)
      const ruleId = text.ownId ?? newId()
      if (!RULE_ID.test(ruleId)) throw refuse('RULE_INVALID', 'The id of a rule is a UUID, or 1 to 200 letters, digits and "_.:-".')
      if (isShared(ruleId) || rules.has(ruleId))
        throw new ContentRefused('conflict', 'RULE_ID_TAKEN', 'There is a rule with this id. Leave the id out to get a new one, or change that rule.')
      await store.create(
        tenant,
        { id: ruleId, source: text.ownId === undefined ? await trials.withId(source, ruleId) : source, tests, note },
        { actor, at: now() },
      )
      return ruleId
    })
    return ownRule(tenant.tenantId, id)
  }

  const runTests = async (text: RuleText, tests: readonly RuleTest[], placeholders: Placeholders): Promise<TestRun> => {
    const { usable, problems, head } = text
    const none = (because: readonly RuleProblem[]) => ({ tests: tests.map((test) => ({ ...test, matched: false, right: false })), problems: because })
    if (!usable) return none(problems)
    if (tests.length === 0) return none([])
    const events = tests.map(({ event }) => event)
    try {
      const tried = await trials.run(head.source, { placeholders, filters: [] }, events, false)
      return {
        problems,
        tests: tests.map((test, index) => {
          const matched = tried[index]?.matched ?? false
          return { ...test, matched, right: matched === test.fires }
        }),
      }
    } catch (error) {
      if (!(error instanceof ContentRefused)) throw error
      return none([{ file: head.file, line: head.line, ruleId: head.id, title: head.title, code: 'too_slow', reason: error.message }])
    }
  }

  const versionOf = (versions: readonly RuleVersion[], number: number): RuleVersion => {
    const found = versions.find(({ version }) => version === number)
    if (!found)
      throw new ContentRefused('not_found', 'VERSION_NOT_FOUND', `The rule has no version ${number}, or it was dropped as one of the oldest.`)
    return found
  }

  return {
    list: (tenantId) => [...views.of(tenantId).rules.values()],
    get: (tenantId, ruleId) => views.of(tenantId).rules.get(ruleId),
    outcomes: (tenantId, { text, stored }) => runTests(text, stored.tests, views.of(tenantId).placeholders),
    create: add,
    copy: async (tenant, actor, { id, title, source }) =>
      add(tenant, actor, { source: await trials.withId(source, newId(), id), note: `Copied from ${title} (${id})` }),

    async change(tenant, actor, ruleId, change, expectedRevision) {
      const dropped = await views.change(tenant, async ({ rules, placeholders }) => {
        const rule = rules.get(ruleId)
        if (!rule) throw ruleNotFound()
        const { stored } = rule
        if (expectedRevision !== undefined && expectedRevision !== stored.revision) throw new ContentChanged({ rule: stored })
        const { source, tests, stage = stored.stage, note } = change
        checkSize(source ?? '', tests ?? [])
        if (source !== undefined) checkTogether(rules, source, ruleId)
        const text = source === undefined ? rule.text : ofRule(await trials.read(source, `rule ${ruleId}`, placeholders), ruleId)
        const refusal = refusalOf(stored.stage, stage, await runTests(text, tests ?? stored.tests, placeholders))
        if (refusal !== undefined) throw new ContentRefused('conflict', 'RULE_STAGE_REFUSED', refusal)
        const written = source !== undefined && text.ownId === undefined ? await trials.withId(source, ruleId) : source
        const saved = await store.update(
          tenant,
          ruleId,
          stored.revision,
          { source: written, stage: change.stage, tests, note },
          { actor, at: now(), keepVersions: KEEP_VERSIONS },
        )
        // Only another hub on the same database can have been in between.
        if (!saved) throw new ContentChanged({ rule: stored })
        return saved.dropped
      })
      return { rule: ownRule(tenant.tenantId, ruleId), dropped }
    },

    remove: (tenant, ruleId, expectedRevision) =>
      views.change(tenant, async ({ rules }) => {
        const rule = rules.get(ruleId)
        if (!rule) throw ruleNotFound()
        if (expectedRevision !== undefined && expectedRevision !== rule.stored.revision) throw new ContentChanged({ rule: rule.stored })
        if (!(await store.delete(tenant, ruleId))) throw ruleNotFound()
      }),

    versions: async (tenant, ruleId) => {
      ownRule(tenant.tenantId, ruleId)
      return store.versions(tenant, ruleId)
    },

    async diff(tenant, ruleId, from, to) {
      ownRule(tenant.tenantId, ruleId)
      const versions = await store.versions(tenant, ruleId)
      const [before, after] = [versionOf(versions, from), versionOf(versions, to)]
      return {
        diff: unifiedDiff(before.source, after.source, [`version ${from}`, `version ${to}`]),
        fields: await trials.fields(before.source, after.source),
      }
    },
  }
}

const refuse = (code: string, message: string) => new ContentRefused('invalid', code, message, [{ field: 'source', message }])

function ofRule(text: RuleText, ruleId: string): RuleText {
  if (text.ownId === undefined || text.ownId === ruleId) return text
  throw refuse('RULE_ID_FIXED', 'The id of a rule does not change. To make another rule, create one.')
}

/** @param replaced - the rule whose text it takes the place of */
function checkTogether(rules: ReadonlyMap<string, OwnRule>, source: string, replaced?: string): void {
  let bytes = Buffer.byteLength(source)
  for (const [id, { stored }] of rules) if (id !== replaced) bytes += Buffer.byteLength(stored.source)
  if (bytes > TOGETHER_LIMIT_BYTES) throw tooMany('bytes in all rules of a tenant', TOGETHER_LIMIT_BYTES)
}

function checkSize(source: string, tests: readonly RuleTest[]): void {
  if (Buffer.byteLength(source) > SOURCE_LIMIT_BYTES)
    throw refuse('RULE_INVALID', `A rule may have ${SOURCE_LIMIT_BYTES / 1024} KB at most; put long lists into a value list.`)
  if (tests.length > MOST_TESTS || JSON.stringify(tests).length > TESTS_LIMIT_BYTES) {
    const message = `A rule may be kept with ${MOST_TESTS} test events of ${TESTS_LIMIT_BYTES / 1024} KB together.`
    throw new ContentRefused('invalid', 'RULE_INVALID', message, [{ field: 'tests', message }])
  }
}
