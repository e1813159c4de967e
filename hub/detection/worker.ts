import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { boundRegexTime, compileRules, ecsView, type Matcher, parseRules } from '../../shared/sigma/sigma.ts'
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker-protocol.ts'

/** The detection worker's whole program: compile once, then answer batches. It knows no tenant, no clock and no database. */
const port = parentPort
if (!port) throw new Error('the detection worker runs as a worker thread only')

boundRegexTime()
const { files } = workerData as WorkerStart
const { matcher } = compileRules(
  files.flatMap((each) => parseRules(each.text, each.file).rules),
  ecsView,
)
const indexOf = new Map(matcher.rules.map((rule, index) => [rule, index]))

port.on('message', (request: WorkerRequest) => port.postMessage(answer(matcher, request)))
port.postMessage({ ready: true, rules: matcher.rules.length })

function answer(engine: Matcher, { id, events }: WorkerRequest): WorkerReply {
  const matches: [number, number, readonly string[]][] = []
  const startedAt = performance.now()
  let before = startedAt
  let slowestMs = 0
  events.forEach((event, index) => {
    const document = parse(event.document)
    if (document) for (const match of engine.match(document, event)) matches.push([index, indexOf.get(match.rule) ?? -1, match.matchedConditions])
    const after = performance.now()
    if (after - before > slowestMs) slowestMs = after - before
    before = after
  })
  return { id, matches, tookMs: before - startedAt, slowestMs }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined // No rule fits what is no event. Whether it can be kept is found out, and counted, where it is stored.
  }
}
