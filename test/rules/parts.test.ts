import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { EventLogsource } from '../../shared/event/event.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import { compileRules, ecsView, parseRules } from '../../shared/sigma/sigma.ts'

/**
 * Every part of a rule for endpoints is there for a reason that a record shows: with the part taken for true, or for false, a record
 * that must stay silent fires. Filters thus have the harmless case they are for, and required parts a near miss. A part that is one of several
 * ways to fire is shown by the record that fires through it.
 */
const FOLDERS = ['windows', 'linux', 'macos']
const normalizer = createNormalizer({ format: 'auto' })

type Rule = { detection: { condition: string; [search: string]: unknown } }
type Event = { document: object; logsource: EventLogsource }

const eventsOf = (records: unknown[]): Event[] =>
  records.map((record) => {
    const text = typeof record === 'string' ? record : JSON.stringify(record)
    const event = normalizer.normalize({ text, observedAt: new Date('2026-03-10T10:00:00Z') })
    return { document: JSON.parse(JSON.stringify(event.document)), logsource: event.logsource }
  })

const read = new Map<string, { fires: Event[]; silent: Event[] }>()
function recordsOf(name: string): { fires: Event[]; silent: Event[] } {
  const known = read.get(name)
  if (known) return known
  const records: { fires: unknown[]; silent: unknown[] } = parse(readFileSync(join('test/rules', name), 'utf8'))
  const events = { fires: eventsOf(records.fires), silent: eventsOf(records.silent) }
  read.set(name, events)
  return events
}

/** `all of them` and `1 of part*` spelt out, so that each search stands in the condition by its name. */
const spellOut = (condition: string, names: readonly string[]): string =>
  condition
    .replaceAll('all of them', `(${names.join(' and ')})`)
    .replaceAll('1 of them', `(${names.join(' or ')})`)
    .replaceAll(/1 of (\w+)\*/g, (_, start: string) => `(${names.filter((name) => name.startsWith(start)).join(' or ')})`)

const cases = FOLDERS.flatMap((folder) =>
  readdirSync(join('rules', folder)).flatMap((file) => {
    const name = `${folder}/${file}`
    const rule: Rule = parse(readFileSync(join('rules', name), 'utf8'))
    const searches = Object.keys(rule.detection).filter((key) => key !== 'condition')
    return searches.length > 1 ? searches.map((search) => [name, search, rule, spellOut(rule.detection.condition, searches)] as const) : []
  }),
)

test('there are rules of several parts in every folder', () => {
  for (const folder of FOLDERS) expect(cases.filter(([name]) => name.startsWith(`${folder}/`)).length, folder).toBeGreaterThan(20)
})

describe.each(cases)('%s', (name, search, rule, condition) => {
  test(`${search} is shown by a record`, () => {
    const { fires, silent } = recordsOf(name)
    const whole = new RegExp(`(?<!\\w)${search}(?!\\w)`, 'g')
    expect(condition, 'the condition uses the part').toMatch(whole)
    const asIf = (value: 'or' | 'and') => {
      const changed = condition.replaceAll(whole, `(${search} ${value} not ${search})`)
      const text = stringify({ ...rule, detection: { ...rule.detection, condition: changed } })
      const { matcher, problems } = compileRules(parseRules(text, name).rules, ecsView)
      expect(problems).toEqual([])
      return ({ document, logsource }: Event) => matcher.match(document, logsource).length > 0
    }
    const taken = asIf('or')
    const left = asIf('and')
    const noticed = silent.some((event) => taken(event) || left(event))
    const oneWayOfSeveral = fires.some(left) && !fires.every(left)
    expect(noticed || oneWayOfSeveral).toBe(true)
  })
})
