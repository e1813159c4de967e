import type { Command } from 'commander'
import { registerConvert } from './convert.ts'
import { registerImport } from './import.ts'
import { registerLint } from './lint.ts'
import { registerTest } from './test.ts'

/** `picket rules`: what rule authors do with rules before the hub runs them. */
export function registerRules(program: Command): void {
  const rules = program.command('rules').description('check, test, import and convert Sigma rules')
  registerLint(rules)
  registerTest(rules)
  registerImport(rules)
  registerConvert(rules)
}
