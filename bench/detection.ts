import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readRuleFiles } from '../hub/detection/rule-files.ts'
import { boundRegexTime, compileRules, flatWindowsView, type Matcher, parseRules, type SigmaRule } from '../shared/sigma/sigma.ts'
import { type Benchmark, type Figure, median } from './report.ts'

const CORPUS = process.env['PICKET_CORPORA'] ?? '../shared/corpora'
const ROUNDS = 5
/** Passes before the first that counts: the engine compiles its loops, the matcher learns what these events rarely hold. */
const WARM_UP = 12
/** Process creations among the events are few; they are repeated to about this many. */
const PROCESS_CREATIONS = 2_000
/** The events are repeated this often for the runs of the whole program, so that loading the rules does not show. */
const PROGRAM_REPEATS = 16

/** JSON text in, matches out, on real Windows events and SigmaHQ's rules where they are beside the checkout; beside `JSON.parse` alone. */
export const detectionBenchmark: Benchmark = {
  name: 'detection',
  title: 'Detection: SigmaHQ rules/ over 20 k real Windows events, JSON text in → matches out, one thread',
  run: async () => {
    const events = `${CORPUS}/windows-events/windows-20k.jsonl.gz`
    if (!existsSync(events)) throw new Error(`no corpus at ${CORPUS}; say where it is with PICKET_CORPORA`)
    boundRegexTime()
    const loaded = await load(`${CORPUS}/sigma/rules`)
    const lines = linesOf(gunzipSync(readFileSync(events)))
    const mix = measure(loaded.matcher, lines)
    const processes = lines.filter((line) => flatWindowsView.classify(JSON.parse(line)).categories.includes('process_creation'))
    const creations = measure(loaded.matcher, repeated(processes, Math.ceil(PROCESS_CREATIONS / processes.length)))
    const figures: Figure[] = [
      { what: `events, ${loaded.rules.length} rules`, value: mix.rate, unit: 'events/s', beside: floorOf(mix), target: '>= 0.36 of the floor' },
      { what: `process creations alone (${processes.length}, repeated)`, value: creations.rate, unit: 'events/s', beside: floorOf(creations) },
      ...growth(loaded.rules, lines, mix),
      { what: 'reading, parsing, compiling, building all indexes', value: loaded.seconds, unit: 's', target: '< 3' },
      { what: 'resident memory of the process with them', value: loaded.megabytes, unit: 'MB', target: '< 300' },
      { what: 'rules refused, each with its reason', value: loaded.refused, unit: 'rules' },
      ...threads(lines),
    ]
    return figures
  },
}

async function load(path: string): Promise<{ rules: SigmaRule[]; matcher: Matcher; seconds: number; megabytes: number; refused: number }> {
  const startedAt = performance.now()
  const files = await readRuleFiles([path])
  const parsed = files.map(({ file, text }) => parseRules(text, file))
  const rules = parsed.flatMap((each) => each.rules)
  const { matcher, problems } = compileRules(rules, flatWindowsView)
  matcher.prepare()
  const seconds = (performance.now() - startedAt) / 1_000
  globalThis.gc?.()
  return {
    rules,
    matcher,
    seconds,
    megabytes: process.memoryUsage().rss / 1e6,
    refused: problems.length + parsed.flatMap((each) => each.problems).length,
  }
}

/** Each line is text of its own, as a reader hands it over, not a part of one large text. */
function linesOf(bytes: Buffer): string[] {
  const lines: string[] = []
  let start = 0
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    if (end > start) lines.push(bytes.toString('utf8', start, end))
    start = end + 1
  }
  return lines
}

const repeated = (lines: readonly string[], times: number): string[] => Array.from({ length: times }, () => lines).flat()

interface Measured {
  readonly rate: number
  readonly floor: number
}

/** Median rates, events per second; floor and engine take turns, so that what else the machine does falls on both. */
function measure(matcher: Matcher, lines: readonly string[]): Measured {
  const judge = (line: string) => {
    const document = JSON.parse(line)
    matcher.match(document, flatWindowsView.classify(document), line)
  }
  const parse = (line: string) => void JSON.parse(line)
  const rate = (work: (line: string) => void) => {
    const startedAt = performance.now()
    for (const line of lines) work(line)
    return lines.length / ((performance.now() - startedAt) / 1_000)
  }
  for (let pass = 0; pass < WARM_UP; pass++) rate(judge)
  const rounds = Array.from({ length: ROUNDS }, () => ({ floor: rate(parse), rate: rate(judge) }))
  return { rate: median(rounds.map((each) => each.rate)), floor: median(rounds.map((each) => each.floor)) }
}

const floorOf = ({ floor }: Measured) => ({ what: 'JSON.parse alone', value: floor })

/** What ten times the rules cost. */
function growth(rules: readonly SigmaRule[], lines: readonly string[], all: Measured): Figure[] {
  const share = (every: readonly number[]) => {
    const some = rules.filter((_, index) => every.includes(index % 10))
    return { rules: some.length, ...measure(compileRules(some, flatWindowsView).matcher, lines) }
  }
  const tenth = share([0])
  const third = share([0, 3, 6])
  const microseconds = ({ rate }: Measured) => 1e6 / rate
  const beside = { what: `with ${tenth.rules} rules`, value: microseconds(tenth) }
  return [
    { what: `time per event with ${third.rules} rules`, value: microseconds(third), unit: 'µs', beside },
    { what: `time per event with ${rules.length} rules`, value: microseconds(all), unit: 'µs', beside, target: '< 1.5 ×' },
  ]
}

/** The whole program, its events/s as it counts them, with one and with two threads. */
function threads(lines: readonly string[]): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'picket-bench-'))
  try {
    const file = join(folder, 'events.jsonl')
    const stats = join(folder, 'stats.json')
    for (let i = 0; i < PROGRAM_REPEATS; i++) writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'a' })
    const run = (count: number): number => {
      const rules = ['--rules', `${CORPUS}/sigma/rules`]
      execFileSync(process.execPath, ['dist/picket.mjs', 'detect', ...rules, '--threads', String(count), '--stats', stats, file], {
        stdio: 'ignore',
      })
      return Number(JSON.parse(readFileSync(stats, 'utf8')).events_per_second)
    }
    const rates = Array.from({ length: 3 }, () => ({ one: run(1), two: run(2) }))
    const one = median(rates.map((each) => each.one))
    const two = median(rates.map((each) => each.two))
    return [
      { what: 'picket detect, one thread', value: one, unit: 'events/s' },
      { what: 'picket detect, two threads', value: two, unit: 'events/s', beside: { what: 'one', value: one }, target: '>= 1.8 × one' },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
