import type { MessagePort } from 'node:worker_threads'
import type { Matcher, RuleLogsource } from '../../../shared/sigma/contract.ts'
import { serveWorker } from '../serve-worker.ts'
import { compileException } from './exception-text.ts'
import { type Placeholders, readRuleText } from './rule-text.ts'
import { type TriedEvent, tryRule } from './try-rule.ts'

export type TrialRequest =
  | {
      readonly ask: 'try'
      readonly source: string
      readonly placeholders: Placeholders
      readonly events: readonly object[]
      readonly explain: boolean
    }
  | { readonly ask: 'except'; readonly detection: string; readonly placeholders: Placeholders; readonly matches: readonly ExceptedMatch[] }

/** An event a rule fired on, and the rule's log source. */
export interface ExceptedMatch {
  readonly logsource: RuleLogsource
  /** JSON text. */
  readonly document: string
}

export interface TrialReplies {
  readonly try: readonly TriedEvent[]
  /** Whether the exception takes the match away, in the order given. */
  readonly except: readonly boolean[]
}

/** The trial worker's whole program. It knows no tenant, and whoever asks ends it when it takes too long. */
export function serveTrials(port: MessagePort): void {
  serveWorker<TrialRequest>(port, (request) => {
    if (request.ask === 'except') return except(request)
    const { rule } = readRuleText(request.source, 'rule', request.placeholders)
    if (!rule) throw new Error('the rule cannot be used')
    return tryRule(rule, request.events, request.explain)
  })
}

function except({ detection, placeholders, matches }: Extract<TrialRequest, { ask: 'except' }>): boolean[] {
  const matchers = new Map<string, Matcher>()
  return matches.map(({ logsource: { product, service, category }, document }) => {
    const key = JSON.stringify([product, service, category])
    const matcher = matchers.get(key) ?? compileException(detection, { product, service, category }, placeholders)
    matchers.set(key, matcher)
    // It matched the rule, so it was of the rule's log source.
    return matcher.match(JSON.parse(document), { product, service, categories: category ? [category] : [] }, document).length > 0
  })
}
