import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { readRuleFiles } from '../hub/detection/rule-files.ts'
import { boundRegexTime, compileRules, flatWindowsView, parseRules } from '../shared/sigma/sigma.ts'
import { type Benchmark, type Figure, median } from './report.ts'

const CORPUS = process.env['PICKET_CORPORA'] ?? '../shared/corpora'
const ROUNDS = 5

/** JSON text in, matches out, on real Windows events and SigmaHQ's rules where they are beside the checkout; beside `JSON.parse` alone. */
export const detectionBenchmark: Benchmark = {
  name: 'detection',
  title: 'Detection, one core: SigmaHQ rules/ over 20 k real Windows events, JSON text in → matches out',
  run: async () => {
    const events = `${CORPUS}/windows-events/windows-20k.jsonl.gz`
    if (!existsSync(events)) throw new Error(`no corpus at ${CORPUS}; say where it is with PICKET_CORPORA`)
    boundRegexTime()
    const lines = gunzipSync(readFileSync(events)).toString('utf8').split('\n').filter(Boolean)
    globalThis.gc?.()
    const heapBefore = process.memoryUsage().rss
    const loadedAt = performance.now()
    const files = await readRuleFiles([`${CORPUS}/sigma/rules`])
    const { matcher, problems } = compileRules(
      files.flatMap(({ file, text }) => parseRules(text, file).rules),
      flatWindowsView,
    )
    const loadSeconds = (performance.now() - loadedAt) / 1_000
    const rate = (work: (line: string) => void) =>
      median(
        Array.from({ length: ROUNDS }, () => {
          const startedAt = performance.now()
          for (const line of lines) work(line)
          return lines.length / ((performance.now() - startedAt) / 1_000)
        }),
      )
    const floor = { what: 'JSON.parse alone', value: rate((line) => void JSON.parse(line)) }
    const judged = rate((line) => {
      const document = JSON.parse(line)
      matcher.match(document, flatWindowsView.classify(document))
    })
    // After the passes: an index is built when the first event of its log source arrives.
    globalThis.gc?.()
    const memory = (process.memoryUsage().rss - heapBefore) / 1e6
    const figures: Figure[] = [
      { what: `events, ${matcher.rules.length} rules`, value: judged, unit: 'events/s', beside: floor, target: '>= 0.36 of the floor' },
      { what: 'loading and compiling', value: loadSeconds, unit: 's', target: '< 3' },
      { what: 'resident memory of rules and indexes', value: memory, unit: 'MB', target: '< 300' },
      { what: 'rules refused, each with its reason', value: problems.length, unit: 'rules' },
    ]
    return figures
  },
}
