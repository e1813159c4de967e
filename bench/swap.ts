import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { createDetection } from '../hub/detection/detection.ts'
import type { DetectionEvent } from '../hub/detection/ports.ts'
import { readRuleFiles } from '../hub/detection/rule-files.ts'
import { createNormalizer } from '../shared/normalize/normalize.ts'
import { record } from './records.ts'
import { type Benchmark, median } from './report.ts'

const CORPUS = process.env['PICKET_CORPORA'] ?? '../shared/corpora'
const SWAPS = Number(process.env['PICKET_SWAPS'] ?? 100)
const EVENTS = 5_000
const BATCH = 100
/** Batches handed over and not answered yet: the worker never waits for work. */
const IN_HAND = 4
/** Fires on every event, once: its matches count the events that were judged. */
const EVERY = {
  file: 'every.yml',
  text: "title: Every\nid: every\nlogsource: {}\ndetection:\n  sel: { '@timestamp|exists': true }\n  condition: sel\n",
}

/** Rule sets replaced while events flow as fast as they are judged: nothing unjudged, nothing judged twice, and how long anyone had to wait. */
export const swapBenchmark: Benchmark = {
  name: 'swap',
  title: `Rule sets: ${SWAPS} swaps at full load`,
  run: async () => {
    const ours = existsSync(`${CORPUS}/sigma/rules`) ? `${CORPUS}/sigma/rules` : 'rules'
    const files = [EVERY, ...(await readRuleFiles([ours]))]
    const events = sampleEvents()
    const detection = await createDetection({
      ...{ files, workerScript: resolve('dist/detection-worker.mjs'), workers: 1, now: () => new Date() },
      store: { allSettings: async () => [], registerView: async () => undefined },
      warn: (text) => process.stderr.write(`${text}\n`),
    })
    const tenant = { tenantId: 'bench' }
    let [given, judged, counted, swaps] = [0, 0, 0, 0]
    let swapping = false
    const gaps = { quiet: 0, swapping: 0 }
    let lastReplyAt = performance.now()
    const feed = async (until: () => boolean) => {
      while (!until()) {
        const from = given % events.length
        const batch = events.slice(from, from + BATCH)
        given += batch.length
        const { matches, evaluations } = await detection.detect(tenant, batch)
        judged += evaluations.length
        counted += matches.reduce((sum, { rule }) => sum + (rule.id === 'every' ? 1 : 0), 0)
        const at = performance.now()
        const kind = swapping ? 'swapping' : 'quiet'
        gaps[kind] = Math.max(gaps[kind], at - lastReplyAt)
        lastReplyAt = at
      }
    }
    const feedAll = (until: () => boolean) => Promise.all(Array.from({ length: IN_HAND }, () => feed(until)))

    // What this machine does without a swap, for comparison; the first replies build what is built once.
    await feedAll(() => given >= events.length)
    const quietFrom = { at: performance.now(), judged }
    gaps.quiet = 0
    const calm = watchPauses()
    await feedAll(() => performance.now() - quietFrom.at > 5_000)
    calm.end()
    const quietRate = (judged - quietFrom.judged) / ((performance.now() - quietFrom.at) / 1_000)

    const took: number[] = []
    const from = { at: performance.now(), judged }
    lastReplyAt = from.at
    swapping = true
    const busy = watchPauses()
    await Promise.all([
      feedAll(() => swaps >= SWAPS),
      (async () => {
        while (swaps < SWAPS) {
          const startedAt = performance.now()
          await detection.replaceRules(files)
          took.push(performance.now() - startedAt)
          swaps += 1
          await sleep(0)
        }
      })(),
    ])
    busy.end()
    const rate = (judged - from.judged) / ((performance.now() - from.at) / 1_000)
    const { rules } = detection
    await detection.close()
    if (judged !== given || counted !== given)
      throw new Error(`${given} events in, ${judged} judged, ${counted} counted by the rule that fires on each`)
    return [
      { what: `events in, each judged once; ${rules.length} rules`, value: given, unit: 'events' },
      { what: 'events unjudged or judged twice', value: Math.abs(given - judged) + Math.abs(given - counted), unit: 'events', target: '0' },
      {
        what: 'longest pause of the main thread, without waiting for a core',
        value: busy.longest.atWorkMs,
        unit: 'ms',
        target: '< 50',
        beside: { what: 'without swaps', value: calm.longest.atWorkMs },
      },
      {
        what: 'the same with the wait for a core (shared machine)',
        value: busy.longest.ms,
        unit: 'ms',
        beside: { what: 'without swaps', value: calm.longest.ms },
      },
      { what: 'longest gap between replies while swapping', value: gaps.swapping, unit: 'ms', beside: { what: 'without swaps', value: gaps.quiet } },
      { what: 'one swap, from files to force (median)', value: median(took) / 1_000, unit: 's' },
      { what: 'events while swapping', value: rate, unit: 'events/s', beside: { what: 'without swaps', value: quietRate } },
    ]
  },
}

/** How long this thread was kept from its next millisecond, at most. */
function watchPauses() {
  const longest = { ms: 0, atWorkMs: 0 }
  let lastAt = performance.now()
  let waitedMs = waitedForCoreMs()
  const timer = setInterval(() => {
    const at = performance.now()
    const waited = waitedForCoreMs()
    longest.ms = Math.max(longest.ms, at - lastAt)
    longest.atWorkMs = Math.max(longest.atWorkMs, at - lastAt - (waited - waitedMs))
    lastAt = at
    waitedMs = waited
  }, 1)
  return { longest, end: () => clearInterval(timer) }
}

/** How long this thread was ready to run and another had the core, ms since it started; where the system does not say (not Linux), 0. */
function waitedForCoreMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

function sampleEvents(): DetectionEvent[] {
  const observedAt = new Date()
  const normalizer = createNormalizer({ format: 'auto' })
  const corpus = `${CORPUS}/windows-events/windows-20k.jsonl.gz`
  const records = existsSync(corpus)
    ? gunzipSync(readFileSync(corpus)).toString('utf8').split('\n').slice(0, EVENTS)
    : Array.from({ length: EVENTS }, (_, index) => record(index, observedAt))
  return records.map((text) => {
    const { document, logsource } = normalizer.normalize({ text, observedAt })
    return { document: JSON.stringify(document), ...logsource }
  })
}
