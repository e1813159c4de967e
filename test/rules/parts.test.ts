import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { EventLogsource } from '../../shared/event/event.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import { documentsIn } from '../../shared/sigma/parse/documents.ts'
import { compileRules, ecsView, parseRules, type SigmaRule } from '../../shared/sigma/sigma.ts'

/**
 * Every part of a rule for endpoints is there for a reason that a record shows: with the part taken for true, or for false, a record
 * that must stay silent fires. Filters thus have the harmless case they are for, and required parts a near miss. A part that is one of several
 * ways to fire is shown by the record that fires through it.
 */
const FOLDERS = ['windows', 'linux', 'macos']
const normalizer = createNormalizer({ format: 'auto' })

type Event = { document: object; logsource: EventLogsource }

const eventsOf = (records: unknown[]): Event[] =>
  records.map((record) => {
    const text = typeof record === 'string' ? record : JSON.stringify(record)
    const event = normalizer.normalize({ text, observedAt: new Date('2026-03-10T10:00:00Z') })
    return { document: JSON.parse(JSON.stringify(event.document)), logsource: event.logsource }
  })

/** `all of them` and `1 of part*` spelt out, so that each search stands in the condition by its name. */
const spellOut = (condition: string, names: readonly string[]): string =>
  condition
    .replaceAll('all of them', `(${names.join(' and ')})`)
    .replaceAll('1 of them', `(${names.join(' or ')})`)
    .replaceAll(/1 of (\w+)\*/g, (_, start: string) => `(${names.filter((name) => name.startsWith(start)).join(' or ')})`)

/** In rules that ship it is one text, over several lines where it is long. */
const CONDITION = /^ {2}condition: .*(?:\n {3,}.*)*$/m

/** A rule with a condition of its own; the file it is said to be in names the variant. */
function variant(text: string, condition: string, name: string): SigmaRule {
  const { rules, problems } = parseRules(text.replace(CONDITION, `  condition: ${condition}`), name)
  const [rule] = rules
  expect(problems).toEqual([])
  if (!rule) throw new Error(`${name} holds no rule`)
  return rule
}

const cases = FOLDERS.flatMap((folder) =>
  readdirSync(join('rules', folder)).flatMap((file) => {
    const name = `${folder}/${file}`
    const text = readFileSync(join('rules', name), 'utf8')
    const detection: object = documentsIn(text)[0]?.content?.['detection'] ?? {}
    const searches = Object.keys(detection).filter((key) => key !== 'condition')
    const condition = spellOut('condition' in detection ? String(detection.condition) : '', searches)
    return searches.length > 1 ? searches.map((search) => [name, search, text, condition] as const) : []
  }),
)
const wordOf = (search: string) => new RegExp(`(?<!\\w)${search}(?!\\w)`, 'g')

/** Every rule with each of its parts taken for true (`or`) and for false (`and`), compiled together: one by one would take ten times as long. */
const { matcher, problems } = compileRules(
  cases.flatMap(([name, search, text, condition]) =>
    (['or', 'and'] as const).map((value) =>
      variant(text, condition.replaceAll(wordOf(search), `(${search} ${value} not ${search})`), `${name} ${search} ${value}`),
    ),
  ),
  ecsView,
)
const firedOn = ({ document, logsource }: Event) => new Set(matcher.match(document, logsource).map(({ rule }) => rule.file))

/** The variants that each record of a rule fires. */
type Fired = { readonly fires: readonly ReadonlySet<string>[]; readonly silent: readonly ReadonlySet<string>[] }
const read = new Map<string, Fired>()
function recordsOf(name: string): Fired {
  const known = read.get(name)
  if (known) return known
  const records: { fires: unknown[]; silent: unknown[] } = parse(readFileSync(join('test/rules', name), 'utf8'))
  const fired = { fires: eventsOf(records.fires).map(firedOn), silent: eventsOf(records.silent).map(firedOn) }
  read.set(name, fired)
  return fired
}

test('there are rules of several parts in every folder', () => {
  expect(problems).toEqual([])
  for (const folder of FOLDERS) expect(cases.filter(([name]) => name.startsWith(`${folder}/`)).length, folder).toBeGreaterThan(20)
})

describe.each(cases)('%s', (name, search, _, condition) => {
  test(`${search} is shown by a record`, () => {
    expect(condition, 'the condition uses the part').toMatch(wordOf(search))
    const { fires, silent } = recordsOf(name)
    const taken = (fired: ReadonlySet<string>) => fired.has(`${name} ${search} or`)
    const left = (fired: ReadonlySet<string>) => fired.has(`${name} ${search} and`)
    const noticed = silent.some((fired) => taken(fired) || left(fired))
    const oneWayOfSeveral = fires.some(left) && !fires.every(left)
    expect(noticed || oneWayOfSeveral).toBe(true)
  })
})
