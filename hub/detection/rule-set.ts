import { ExpectedError, messageOf } from '../../shared/errors.ts'
import type { SigmaRule } from '../../shared/sigma/contract.ts'
import { createEvaluations, type Evaluations } from './evaluations.ts'
import type { RuleSetSummary } from './ports.ts'
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from './worker-pool.ts'
import type { Placeholders } from './worker-protocol.ts'

/** A set of rules that cannot be put in force; what runs goes on. */
export class RuleSetRefused extends ExpectedError {
  readonly code = 'RULE_SET_REFUSED'
  readonly kind = 'invalid'
}

/** The shared rules of one generation with the workers that hold them. A match of these workers counts these rules and no others. */
export interface RuleSet extends Pick<WorkerPool, 'rules' | 'head'> {
  readonly generation: number
  readonly byId: ReadonlyMap<string, SigmaRule>
  readonly pool: WorkerPool
  /** Values of `%name%` for all tenants. */
  readonly placeholders: Placeholders
  /** Of all its rules, for tenants that left them as they are. */
  readonly evaluations: Evaluations
}

/** @throws {RuleSetRefused} where no worker can load it */
export async function loadRuleSet(generation: number, options: WorkerPoolOptions): Promise<RuleSet> {
  const pool = await createWorkerPool(options).catch((cause) => {
    throw new RuleSetRefused(`the rules cannot be loaded: ${messageOf(cause)}`, { cause })
  })
  const { rules, head } = pool
  const { placeholders } = options
  return {
    generation,
    rules,
    head,
    pool,
    placeholders,
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    evaluations: createEvaluations(head.groups),
  }
}

export const summaryOf = ({ generation, rules, head }: RuleSet): RuleSetSummary => ({
  generation,
  rules: rules.length,
  correlations: head.correlations.length,
  filters: head.filters.length,
  problems: head.problems,
})
