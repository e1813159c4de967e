import { expect, test } from 'vitest'
import { runRules } from './rules-command.ts'

test('the rules that ship have neither errors nor warnings', async () => {
  const { out, code } = await runRules('lint', 'rules', '--tests', 'test/rules', '--fail-on', 'warning', '--json')
  const serious = JSON.parse(out).findings.filter(({ severity }: { severity: string }) => severity !== 'info')
  expect(serious).toEqual([])
  expect(code).toBe(0)
}, 120_000)

// That all rules pass, test/rules/rules.test.ts shows; here it is the command that is looked at.
test('`picket rules test` finds the events kept for the rules that ship', async () => {
  const { out, code } = await runRules('test', 'rules/web', 'rules/identity', '--tests', 'test/rules', '--require-tests', '--quiet')
  expect([out, code]).toEqual(['', 0])
}, 120_000)
