import { performance } from 'node:perf_hooks'
import type { Matcher } from '../../shared/sigma/sigma.ts'
import type { DetectionEvent } from './ports.ts'
import type { IndexedMatch, Judged } from './worker-protocol.ts'

/** Puts a batch to a matcher. Matches name rules by their place in the matcher's list. */
export function judgeEvents(matcher: Matcher, indexOf: ReadonlyMap<unknown, number>, events: readonly DetectionEvent[]): Judged {
  const matches: IndexedMatch[] = []
  const startedAt = performance.now()
  let before = startedAt
  let slowestMs = 0
  for (const [index, event] of events.entries()) {
    const document = parseDocument(event.document)
    if (document)
      for (const match of matcher.match(document, event, event.document))
        matches.push([index, indexOf.get(match.rule) ?? -1, match.matchedConditions])
    const after = performance.now()
    if (after - before > slowestMs) slowestMs = after - before
    before = after
  }
  return { matches, tookMs: before - startedAt, slowestMs }
}

/** Undefined for what is no JSON object: no rule fits it, and whether it can be kept is found out, and counted, where it is stored. */
export function parseDocument(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
