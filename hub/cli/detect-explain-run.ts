import { explainRule, type SigmaRule } from '../../shared/sigma/sigma.ts'
import type { DetectEngine } from './detect-engine.ts'
import type { ExplainedRecord } from './detect-explain.ts'
import { readBlocks } from './event-files.ts'

export interface ExplainChoice {
  /** One record by its place in its file; undefined: all. */
  readonly event?: number | undefined
  /** Records explained, at most, of those that are of the rule's log source. */
  readonly limit: number
  /** Explain records of other log sources too. */
  readonly others: boolean
}

export interface ExplainCounts {
  explained: number
  /** Records of other log sources, to which the rule is not put. */
  others: number
  unreadable: number
  /** More records may have been there. */
  stopped: boolean
}

/**
 * Explains a rule on records, one after another, until the limit. Where no record is of the rule's log source, the first one is explained all the same: that it is not
 * is the answer then.
 */
export async function* explainFiles(files: readonly string[], engine: DetectEngine, rule: SigmaRule, choice: ExplainChoice, counts: ExplainCounts) {
  let other: ExplainedRecord | undefined
  for (const file of files) {
    let event = 0
    for await (const block of readBlocks(file)) {
      const found: ExplainedRecord[] = []
      engine.read(block, (shaped) => {
        const number = event++
        if (choice.event !== undefined && number !== choice.event) return
        if (!shaped) {
          counts.unreadable++
          return
        }
        if (found.length + counts.explained >= choice.limit) {
          counts.stopped = true
          return
        }
        const { document, view, logsource } = shaped
        const record = { event: number, file, ruleId: rule.id, title: rule.title, timestamp: view.timestamp(document) }
        const explained = { ...record, explanation: explainRule(rule, view, document, logsource) }
        if (explained.explanation.applies || choice.others || choice.event !== undefined) found.push(explained)
        else {
          other ??= explained
          counts.others++
        }
      })
      for (const each of found) {
        counts.explained++
        yield each
      }
      if (counts.stopped || (choice.event !== undefined && event > choice.event)) break
    }
    if (counts.stopped) break
  }
  if (counts.explained === 0 && other) yield other
}
