import type { MessagePort } from 'node:worker_threads'
import type { Matcher, RuleLogsource } from '../../../shared/sigma/contract.ts'
import { serveWorker } from '../serve-worker.ts'
import { withFilters } from '../with-filters.ts'
import { withoutDetection } from '../worker-protocol.ts'
import { type ChangedField, changedFields } from './changed-fields.ts'
import { ContentRefused } from './errors.ts'
import { compileException } from './exception-text.ts'
import { contentOf, type Placeholders, problemsIn, type RuleText, readRuleText, type TextProblem, withId } from './rule-text.ts'
import { type TriedEvent, tryRule } from './try-rule.ts'

export type TrialRequest =
  | { readonly ask: 'read'; readonly source: string; readonly name: string; readonly placeholders: Placeholders }
  | { readonly ask: 'withId'; readonly source: string; readonly id: string; readonly relatedTo?: string | undefined }
  | { readonly ask: 'validate'; readonly source: string; readonly placeholders: Placeholders }
  | { readonly ask: 'fields'; readonly before: string; readonly after: string }
  | {
      readonly ask: 'try'
      readonly source: string
      readonly filters: readonly string[]
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

/** What was asked for, or why its author must change it. */
export type Outcome<Value> = { readonly value: Value } | { readonly refusal: Pick<ContentRefused, 'kind' | 'code' | 'message' | 'errors'> }

export interface TrialValues {
  readonly read: RuleText
  readonly withId: string
  readonly validate: readonly TextProblem[]
  readonly fields: readonly ChangedField[]
  readonly try: readonly TriedEvent[]
  /** Whether the exception takes the match away, in the order given. */
  readonly except: readonly boolean[]
}
export type TrialReplies = { readonly [Ask in keyof TrialValues]: Outcome<TrialValues[Ask]> }

/** The trial worker's whole program. It knows no tenant, and whoever asks ends it when it takes too long. */
export function serveTrials(port: MessagePort): void {
  serveWorker<TrialRequest>(port, (request) => {
    try {
      return { value: answer(request) }
    } catch (error) {
      if (!(error instanceof ContentRefused)) throw error
      const { kind, code, message, errors } = error
      return { refusal: { kind, code, message, errors } }
    }
  })
}

function answer(request: TrialRequest): unknown {
  switch (request.ask) {
    case 'read':
      return read(request)
    case 'withId':
      return withId(request.source, request.id, request.relatedTo)
    case 'validate':
      return problemsIn(request.source, request.placeholders)
    case 'fields':
      return changedFields(contentOf(request.before), contentOf(request.after))
    case 'try': {
      const { rule } = readRuleText(request.source, 'rule', request.placeholders)
      if (!rule) throw new Error('the rule cannot be used')
      return tryRule(withFilters(rule, request.filters, request.placeholders), request.events, request.explain)
    }
    case 'except':
      return except(request)
  }
}

function read({ source, name, placeholders }: Extract<TrialRequest, { ask: 'read' }>): RuleText {
  const { rule, problems, head, ownId } = readRuleText(source, name, placeholders)
  // What it detects is not sent along: it may be large, and is read anew where it is used.
  return { usable: rule !== undefined, problems, head: withoutDetection(head), ownId }
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
