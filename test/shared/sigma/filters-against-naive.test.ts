import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { applyFilters, compileRules, explainRule, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { plainEvent } from '../../support/naive-sigma/event.ts'
import { PLACEHOLDERS } from '../../support/naive-sigma/items.ts'
import { type NaiveRule, naiveRules } from '../../support/naive-sigma/naive-rule.ts'
import { type GeneratedRule, scenario } from '../../support/naive-sigma/scenarios.ts'

const CONTEXT = { placeholders: new Map(Object.entries(PLACEHOLDERS)) }
const RULES = 6
const FILTERS = 5
const RUNS = process.env['PICKET_FULL'] === '1' ? 400 : 30

/** Each filter is for all rules, or for two of them. */
const targetsOf = (place: number): 'any' | string[] => (place === 0 ? 'any' : [`rule_${place}`, `rule_${(place * 2) % RULES}`])

/** A generated rule's detection as that of a filter, whose condition asks and never only negates: see `parseRules` for those. */
function asFilter({ yaml }: GeneratedRule, place: number) {
  const { logsource, detection } = parse(yaml) as { logsource: object; detection: Record<string, unknown> }
  const { condition: _, ...searches } = detection
  const condition = 'sel' in searches ? 'sel and not _own or filter_a' : '1 of them'
  const head = { title: `Left out ${place}`, logsource }
  return {
    sigma: JSON.stringify({ ...head, filter: { rules: targetsOf(place), ...searches, condition } }),
    asRule: JSON.stringify({ ...head, detection: { ...searches, condition } }),
  }
}

const takesIn = (wide: NaiveRule['logsource'], narrow: NaiveRule['logsource']) =>
  (['product', 'category', 'service'] as const).every((part) => wide[part] === undefined || wide[part] === narrow[part])

test('F1 rules with filters fire where the rule does and none of its filters, and an explanation shows the filters as excluded', () => {
  const counts = { fired: 0, kept: 0, silent: 0 }
  fc.assert(
    fc.property(scenario({ rules: RULES + FILTERS, events: 24 }), ({ rules: generated, events }) => {
      const texts = generated.slice(0, RULES).map(({ yaml }, index) => `name: rule_${index}\n${yaml}`)
      const filters = generated.slice(RULES, RULES + FILTERS).map(asFilter)
      const parsed = [...texts, ...filters.map(({ sigma }) => sigma)].map((text, index) => parseRules(text, `${index}`, CONTEXT))
      expect(parsed.flatMap(({ problems }) => problems)).toEqual([])
      const applied = applyFilters(
        parsed.flatMap(({ rules }) => rules),
        parsed.flatMap((each) => each.filters),
      ).rules
      const { matcher } = compileRules(applied, plainView)
      const naive = texts.flatMap((text) => naiveRules(text, PLACEHOLDERS))
      const naiveFilters = filters.flatMap(({ asRule }) => naiveRules(asRule, PLACEHOLDERS))
      const filtersOf = (rule: NaiveRule, index: number) =>
        naiveFilters.filter((filter, place) => {
          const targets = targetsOf(place)
          return (targets === 'any' || targets.includes(`rule_${index}`)) && takesIn(filter.logsource, rule.logsource)
        })
      for (const { json, logsource } of events) {
        const document = JSON.parse(json)
        const read = plainEvent(document)
        const found = new Set(matcher.match(document, logsource, json).map(({ rule }) => rule.file))
        for (const [index, rule] of naive.entries()) {
          const { product, service, category } = rule.logsource
          const isFor = takesIn({ product, service }, logsource) && (category === undefined || logsource.categories.includes(category))
          const own = filtersOf(rule, index)
          const fires = isFor && rule.fires(read)
          const expected = fires && !own.some((filter) => filter.fires(read))
          const seen = `${texts[index]}${filters.map(({ sigma }) => sigma).join('\n')}\n${json}`
          if (found.has(`${index}`) !== expected) throw new Error(`${seen}\nexpected ${expected}`)
          counts[expected ? 'fired' : fires ? 'kept' : 'silent']++
          const compiled = applied[index]
          const explained = compiled && explainRule(compiled, plainView, document, logsource)
          expect(explained?.matched === true && explained.applies, seen).toBe(expected)
          expect(explained?.firstFailure === undefined, seen).toBe(expected)
          const excluded = new Set(
            explained?.searches.filter(({ name, role }) => name.startsWith('filter "') && role === 'excluded').map(({ name }) => name.split(': ')[0]),
          )
          // `_own` is asked under a "not" and so works for the rule; every filter has a part that works against it.
          expect(excluded.size, seen).toBe(own.length)
        }
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
  expect(Math.min(counts.fired, counts.kept, counts.silent)).toBeGreaterThan(20)
}, 300_000)
