import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileRules, explainRule, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { PLACEHOLDERS } from '../../support/naive-sigma/items.ts'
import { scenario } from '../../support/naive-sigma/scenarios.ts'

const CONTEXT = { placeholders: new Map(Object.entries(PLACEHOLDERS)) }

test('an explanation says that a rule matched exactly where the matcher does, and why not elsewhere', () => {
  let explained = 0
  fc.assert(
    fc.property(scenario({ rules: 8, events: 8 }), ({ rules, events }) => {
      const parsed = rules.flatMap(({ yaml }, index) => parseRules(yaml, `${index}`, CONTEXT).rules)
      const { matcher } = compileRules(parsed, plainView)
      for (const event of events) {
        const document = JSON.parse(event.json)
        const fired = new Set(matcher.match(document, event.logsource, event.json).map(({ rule }) => rule.file))
        for (const rule of parsed) {
          const { matched, applies, searches, firstFailure } = explainRule(rule, plainView, document, event.logsource)
          const seen = `${rule.source}\n${event.json}`
          expect(matched && applies, seen).toBe(fired.has(rule.file))
          expect(firstFailure === undefined, seen).toBe(matched && applies)
          for (const { parts } of searches) {
            expect(parts.length, seen).toBeGreaterThan(0)
            for (const { value } of parts) expect(value?.length ?? 0, seen).toBeLessThanOrEqual(200)
          }
          explained++
        }
      }
    }),
    { numRuns: 40, endOnFailure: true },
  )
  expect(explained).toBeGreaterThan(2_000)
}, 120_000)
