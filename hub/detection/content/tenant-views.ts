import { messageOf } from '../../../shared/errors.ts'
import type { TenantContext } from '../../identity/ports.ts'
import type { RuleSetting } from '../ports.ts'
import { ContentRefused } from './errors.ts'
import type {
  ContentEngine,
  ExceptionStore,
  RuleContentDirectory,
  RuleSettingStore,
  StoredException,
  StoredRule,
  TenantRuleStore,
  ValueList,
  ValueListStore,
} from './ports.ts'
import { headOf, type Placeholders, type RuleText } from './rule-text.ts'
import type { Trials } from './trials.ts'

/** A view that could not be put in force, because the database went away after the change was stored, is tried again after this long. */
const RETRY_MS = 5_000

export interface OwnRule {
  readonly stored: StoredRule
  readonly text: RuleText
}

/** What a tenant has of its own, as it is in force. */
export interface TenantContent {
  readonly settings: ReadonlyMap<string, RuleSetting>
  readonly rules: ReadonlyMap<string, OwnRule>
  readonly exceptions: readonly StoredException[]
  readonly valueLists: ReadonlyMap<string, ValueList>
  /** What `%name%` stands for: the tenant's lists, and what holds for all. */
  readonly placeholders: Placeholders
}

export interface TenantViews {
  of(tenantId: string): TenantContent
  /** Reads every tenant's content and puts it in force. @returns how many tenants have some */
  load(): Promise<number>
  /**
   * Does `work`, and puts what the tenant then has in force before it resolves. Changes of one tenant are done one after the other, so that `work`
   * sees what is stored.
   */
  change<T>(tenant: TenantContext, work: (content: TenantContent) => Promise<T>): Promise<T>
  close(): void
}

export interface TenantViewsOptions {
  readonly engine: ContentEngine
  readonly directory: RuleContentDirectory
  readonly settings: RuleSettingStore
  readonly rules: TenantRuleStore
  readonly exceptions: ExceptionStore
  readonly valueLists: ValueListStore
  readonly trials: Trials
  readonly warn: (message: string) => void
}

/** Holds each tenant's content as read from the stores, and hands the engine a whole new view after every change. */
export function createTenantViews({ engine, directory, settings, rules, exceptions, valueLists, trials, warn }: TenantViewsOptions): TenantViews {
  const contents = new Map<string, TenantContent>()
  const turns = new Map<string, Promise<unknown>>()
  const retries = new Map<string, NodeJS.Timeout>()
  const nothing: TenantContent = {
    ...{ settings: new Map(), rules: new Map(), exceptions: [], valueLists: new Map() },
    get placeholders() {
      return engine.placeholders
    },
  }
  const of = (tenantId: string) => contents.get(tenantId) ?? nothing

  const inTurn = <T>({ tenantId }: TenantContext, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(tenantId) ?? Promise.resolve()).then(work, work)
    turns.set(tenantId, turn)
    const done = () => {
      if (turns.get(tenantId) === turn) turns.delete(tenantId)
    }
    turn.then(done, done)
    return turn
  }

  const refresh = async (tenant: TenantContext): Promise<void> => {
    const [chosen, own, excepted, lists] = await Promise.all([
      settings.settings(tenant),
      rules.list(tenant),
      exceptions.list(tenant),
      valueLists.list(tenant),
    ])
    const listed = new Map(lists.map(({ name, values }) => [name, values]))
    const placeholders = new Map([...engine.placeholders, ...listed])
    const known = of(tenant.tenantId)
    const sameLists = lists.every((list) => known.valueLists.get(list.name)?.revision === list.revision) && lists.length === known.valueLists.size
    const read = async (stored: StoredRule): Promise<OwnRule> => {
      const before = known.rules.get(stored.id)
      const same = before?.stored.version === stored.version && before.stored.createdAt.getTime() === stored.createdAt.getTime()
      if (before && same && (sameLists || !stored.source.includes('%'))) return { stored, text: before.text }
      return { stored, text: await readStored(trials, stored, placeholders) }
    }
    const readRules: OwnRule[] = []
    for (const stored of own) readRules.push(await read(stored))
    const content: TenantContent = {
      settings: new Map(chosen.map((setting) => [setting.ruleId, setting])),
      rules: new Map(readRules.map((rule) => [rule.stored.id, rule])),
      exceptions: excepted,
      valueLists: new Map(lists.map((list) => [list.name, list])),
      get placeholders() {
        // Those for all may be others by now.
        return new Map([...engine.placeholders, ...listed])
      },
    }
    await engine.setView(tenant.tenantId, { settings: content.settings, exceptions: excepted, rules: own, valueLists: listed })
    contents.set(tenant.tenantId, content)
  }

  const retryLater = (tenant: TenantContext, error: unknown) => {
    warn(`a tenant's rule content is stored but not in force yet, and is tried again: ${messageOf(error)}`)
    clearTimeout(retries.get(tenant.tenantId))
    const again = () => inTurn(tenant, () => refresh(tenant)).catch((failure) => retryLater(tenant, failure))
    retries.set(tenant.tenantId, setTimeout(again, RETRY_MS).unref())
  }

  return {
    of,
    async load() {
      const tenants = await directory.tenantsWithContent()
      // One after the other: each may compile rules.
      for (const tenant of tenants) await inTurn(tenant, () => refresh(tenant)).catch((error) => retryLater(tenant, error))
      return tenants.length
    },
    change: (tenant, work) =>
      inTurn(tenant, async () => {
        const result = await work(of(tenant.tenantId))
        try {
          await refresh(tenant)
        } catch (error) {
          retryLater(tenant, error)
          throw error
        }
        return result
      }),
    close() {
      for (const timer of retries.values()) clearTimeout(timer)
    },
  }
}

/** A text that was fit to be kept once and cannot be read by this version is a rule with a problem, not the end of the tenant's others. */
async function readStored(trials: Trials, { id, source }: StoredRule, placeholders: Placeholders): Promise<RuleText> {
  try {
    return await trials.read(source, `rule ${id}`, placeholders)
  } catch (error) {
    if (!(error instanceof ContentRefused)) throw error
    return {
      usable: false,
      problems: [{ file: `rule ${id}`, line: 1, ruleId: id, code: 'invalid', reason: error.message }],
      head: headOf({}, source, id),
    }
  }
}
