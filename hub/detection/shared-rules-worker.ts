import type { MessagePort } from 'node:worker_threads'
import { compileRules, ecsView, type Matcher, type SigmaRule } from '../../shared/sigma/sigma.ts'
import { groupRules } from './evaluations.ts'
import { judgeEvents } from './judge-events.ts'
import { loadRules } from './load-rules.ts'
import type { RuleFile } from './rule-files.ts'
import { serveWorker } from './serve-worker.ts'
import type { Placeholders, RuleSetHead, RulesPart, SharedRequest } from './worker-protocol.ts'

/** A worker of the shared rules: takes their files, compiles once, then answers batches. It knows no tenant, no clock and no database. */
export function serveSharedRules(port: MessagePort): void {
  let files: RuleFile[] = []
  let matcher: Matcher | undefined
  let indexOf: ReadonlyMap<unknown, number> = new Map()

  const load = (placeholders: Placeholders): RuleSetHead => {
    const loaded = loadRules(files, placeholders)
    files = []
    const compiled = compileRules(loaded.rules, ecsView)
    matcher = compiled.matcher
    matcher.prepare()
    indexOf = new Map(matcher.rules.map((rule, index) => [rule, index]))
    const { correlations, filters, placeholderRules } = loaded
    const { rules } = matcher
    const problems = [...loaded.problems, ...compiled.problems]
    return { rules: rules.length, problems, correlations, filters, placeholderRules, groups: groupRules(rules) }
  }

  serveWorker<SharedRequest>(port, (request) => {
    if (request.ask === 'files') return void files.push(...request.files)
    if (request.ask === 'load') return load(request.placeholders)
    if (!matcher) throw new Error('no rules are loaded')
    if (request.ask === 'rules') return partOf(matcher.rules.slice(request.from, request.to))
    return judgeEvents(matcher, indexOf, request.events)
  })
}

function partOf(rules: readonly SigmaRule[]): RulesPart {
  const texts = rules.map(({ source }) => Buffer.from(source))
  let end = 0
  return {
    rules: rules.map(({ source: _, ...rule }) => ({ ...rule, detection: undefined })),
    sources: new Uint8Array(Buffer.concat(texts)),
    ends: texts.map(({ length }) => {
      end += length
      return end
    }),
  }
}
