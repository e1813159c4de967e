import { expect, test } from 'vitest'
import { compileRules, parseRules } from '../../../shared/sigma/sigma.ts'
import { VIEWS } from '../../../shared/sigma/views/views.ts'

test.each(['constructor', '__proto__', 'toString'])('A15 a rule on a field named %s compiles for every view', (field) => {
  for (const logsource of ['category: process_creation, product: windows', 'product: linux']) {
    const source = `title: T\nlogsource: {${logsource}}\ndetection:\n  selection:\n    - ${field}: x\n  condition: selection\n`
    const { rules } = parseRules(source, 'rule.yml')
    for (const view of Object.values(VIEWS)) {
      const { matcher, problems } = compileRules(rules, view)
      expect(problems).toEqual([])
      expect(matcher.rules).toHaveLength(1)
      expect(matcher.match({ Image: 'x' }, { categories: [] })).toEqual([])
    }
  }
})
