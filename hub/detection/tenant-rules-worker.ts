import { performance } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import type { RuleProblem, SigmaRule } from '../../shared/sigma/contract.ts'
import { compileRules, ecsView, type Matcher, parseFilterDetection, parseRules } from '../../shared/sigma/sigma.ts'
import { logsourceKey } from './evaluations.ts'
import { judgeEvents, parseDocument } from './judge-events.ts'
import type { DetectionEvent } from './ports.ts'
import { serveWorker } from './serve-worker.ts'
import { withFilters } from './with-filters.ts'
import {
  type ExceptionCheck,
  type LoadedContent,
  type TenantContent,
  type TenantReplies,
  type TenantRequest,
  withoutDetection,
} from './worker-protocol.ts'

interface Loaded {
  readonly matcher: Matcher
  readonly indexOf: ReadonlyMap<unknown, number>
  /** Detections, by id. */
  readonly exceptions: ReadonlyMap<string, unknown>
  /** By exception and log source of the rule: the same field name means other fields elsewhere. */
  readonly compiled: Map<string, Matcher>
}

/** The worker of what tenants write themselves: their rules, their exceptions, their tries. Who is who, and whose turn it is, the hub's main thread knows. */
export function serveTenantRules(port: MessagePort): void {
  const contents = new Map<number, Loaded>()
  const contentOf = (id: number): Loaded => {
    const found = contents.get(id)
    if (!found) throw new Error(`content ${id} is not loaded`)
    return found
  }
  serveWorker<TenantRequest>(port, (request): TenantReplies[keyof TenantReplies] => {
    switch (request.ask) {
      case 'load': {
        const { loaded, told } = load(request.what)
        contents.set(request.content, loaded)
        return told
      }
      case 'unload':
        contents.delete(request.content)
        return undefined
      case 'judge': {
        const { matcher, indexOf } = contentOf(request.content)
        return judgeEvents(matcher, indexOf, request.events)
      }
      case 'except': {
        const content = contentOf(request.content)
        return request.checks.map((check) => holding(content, check))
      }
      case 'time':
        return timeOf(contentOf(request.content).matcher, request.rule, request.events)
    }
  })
}

function load({ rules, placeholderRules, valueLists, exceptions }: TenantContent): { loaded: Loaded; told: LoadedContent } {
  const problems: RuleProblem[] = []
  const all: SigmaRule[] = []
  const toRun = new Set<SigmaRule>()
  for (const { id, source, runs } of rules) {
    const parsed = parseRules(source, `rule ${id}`, { placeholders: valueLists })
    problems.push(...parsed.problems)
    const [rule] = parsed.rules
    if (!rule) continue
    // The id it is kept under is what matches are stored with, whatever the text says by now.
    const named = { ...rule, id }
    all.push(named)
    if (runs) toRun.add(named)
  }
  for (const { file, source, filters } of placeholderRules) {
    const parsed = parseRules(source, file, { placeholders: valueLists })
    problems.push(...parsed.problems)
    for (const each of parsed.rules) {
      const rule = withFilters(each, filters, valueLists)
      all.push(rule)
      toRun.add(rule)
    }
  }
  const compiled = compileRules(
    all.filter((rule) => toRun.has(rule)),
    ecsView,
  )
  problems.push(...compiled.problems)
  const { matcher } = compiled
  matcher.prepare()
  const usable = new Map<string, unknown>()
  for (const { id, detection } of exceptions) {
    const parsed = parseFilterDetection(detection, `exception ${id}`, { placeholders: valueLists })
    const [fault] = parsed.problem ? [parsed.problem] : compileRules([asRule(id, parsed.detection, {})], ecsView).problems
    if (fault) problems.push({ ...fault, ruleId: undefined, title: undefined })
    else usable.set(id, parsed.detection)
  }
  return {
    loaded: { matcher, indexOf: new Map(matcher.rules.map((rule, index) => [rule, index])), exceptions: usable, compiled: new Map() },
    told: { rules: all.map(withoutDetection), running: matcher.rules.map((rule) => all.indexOf(rule)), problems },
  }
}

/** An exception as a rule of the log source: it holds where the rule fires. */
const asRule = (id: string, detection: unknown, logsource: SigmaRule['logsource']): SigmaRule => ({
  ...{ id, title: id, level: 'informational', status: '', description: '', author: '', references: [], falsePositives: [], tags: [] },
  ...{ logsource, mitre: { tactics: [], techniques: [] }, detection, file: `exception ${id}`, line: 1, source: '' },
})

function holding(content: Loaded, { event, logsource, exceptions }: ExceptionCheck): string[] {
  const document = parseDocument(event.document)
  if (!document) return []
  return exceptions.filter((id) => {
    const detection = content.exceptions.get(id)
    if (detection === undefined) return false
    const key = `${id}\n${logsourceKey(logsource)}`
    const matcher = content.compiled.get(key) ?? compileRules([asRule(id, detection, logsource)], ecsView).matcher
    content.compiled.set(key, matcher)
    return matcher.match(document, event, event.document).length > 0
  })
}

function timeOf(matcher: Matcher, index: number, events: readonly DetectionEvent[]): number {
  const alone = compileRules(matcher.rules.slice(index, index + 1), ecsView).matcher
  alone.prepare()
  const documents = events.flatMap((event) => {
    const document = parseDocument(event.document)
    return document ? [{ document, event }] : []
  })
  const startedAt = performance.now()
  for (const { document, event } of documents) alone.match(document, event, event.document)
  return performance.now() - startedAt
}
