import type { DetectionEvent, RuleException, RuleSetting, TenantRule, TenantView } from '../../hub/detection/ports.ts'

/** A rule's YAML around a detection section on one line of JSON. */
export const sigmaRule = (id: string, detection: object, { logsource = { product: 'linux' } as object, level = 'high', title = id } = {}): string =>
  `title: ${title}\nid: ${id}\nlevel: ${level}\nlogsource: ${JSON.stringify(logsource)}\ndetection: ${JSON.stringify(detection)}\n`

/** Fires on events whose message holds the word. */
export const wordRule = (id: string, word: string, more: Parameters<typeof sigmaRule>[2] = {}): string =>
  sigmaRule(id, { words: { 'message|contains': word }, condition: 'words' }, more)

export const linuxEvent = (message: string, more: object = {}): DetectionEvent => ({
  document: JSON.stringify({ message, ...more }),
  product: 'linux',
  categories: [],
})

const AT = new Date('2026-03-10T10:00:00Z')

export const setting = (ruleId: string, change: Partial<RuleSetting>): RuleSetting => ({
  ruleId,
  enabled: true,
  edge: false,
  updatedAt: AT,
  ...change,
})

export const tenantRule = (id: string, source: string, more: Partial<TenantRule> = {}): TenantRule => ({
  ...{ id, version: 1, stage: 'production', source, createdAt: AT, updatedAt: AT, updatedBy: 'ana' },
  ...more,
})

export const exception = (id: string, detection: string, more: Partial<RuleException> = {}): RuleException => ({
  ...{ id, reason: 'known', detection, expiresAt: new Date('2026-04-01T00:00:00Z'), createdBy: 'ana', createdAt: AT },
  ...more,
})

export const tenantView = ({
  settings = [] as RuleSetting[],
  exceptions = [] as RuleException[],
  rules = [] as TenantRule[],
  valueLists = {} as Record<string, string[]>,
} = {}): TenantView => ({
  settings: new Map(settings.map((each) => [each.ruleId, each])),
  exceptions,
  rules,
  valueLists: new Map(Object.entries(valueLists)),
})
