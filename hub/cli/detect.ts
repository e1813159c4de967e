import { writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { type Command, Option } from 'commander'
import { messageOf } from '../../shared/errors.ts'
import type { EventLogsource } from '../../shared/event/event.ts'
import type { Normalizer } from '../../shared/normalize/contract.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import {
  boundRegexTime,
  compileRules,
  detectView,
  ecsView,
  type Matcher,
  type NativeView,
  type RuleProblem,
  type SigmaRule,
  VIEWS,
} from '../../shared/sigma/sigma.ts'
import { type Hit, jsonlReport, type Report, summaryReport, tableReport } from './detect-report.ts'
import { type FileRecord, readRecords } from './event-files.ts'
import { readRules } from './rule-paths.ts'
import { createWriter } from './writer.ts'

interface DetectFlags {
  rules: string[]
  format: string
  output: 'jsonl' | 'table' | 'summary'
  stats?: string
}

/** What a run counted. */
interface Tally {
  events: number
  unreadable: number
  matches: number
}

const REPORTS: { readonly [output in DetectFlags['output']]: () => Report } = { jsonl: jsonlReport, table: tableReport, summary: summaryReport }
/** Rejected rules named on the screen; all are in `--stats`. */
const PROBLEMS_SHOWN = 20
const PROGRESS_EVERY_MS = 500

/**
 * `picket detect`: Sigma rules over files of events, without a hub. Matches go to standard output, everything else to standard error.
 * Exit code 0 when all files were read (whether or not rules fired), 1 when one could not be, 2 for wrong usage.
 */
export function registerDetect(program: Command): void {
  program
    .command('detect')
    .description('run Sigma rules over files of events')
    .argument('[files...]', '.json, .jsonl, .ndjson, .log, each also .gz; - or none reads standard input')
    .option(
      '--rules <path>',
      'a rule file, or a directory of them; may be given several times',
      (path: string, paths: string[]) => [...paths, path],
      [],
    )
    .option('--format <name>', `auto, one of ${VIEWS.map((view) => view.name).join(', ')}, or a format of "picket normalize"`, 'auto')
    .addOption(new Option('--output <kind>', 'how matches are shown').choices(Object.keys(REPORTS)).default('jsonl'))
    .option('--stats <file>', 'write counts, rates and rejected rules as JSON')
    .action(async (files: string[], flags: DetectFlags, command: Command) => {
      if (flags.rules.length === 0) return command.error('error: name the rules with --rules PATH', { exitCode: 2 })
      boundRegexTime()
      const reader = openShapes(flags, command)
      const started = performance.now()
      const { rules, problems } = loadRules(flags, command)
      reportProblems(rules.length, problems)
      const loaded = performance.now()
      const detection = createDetection(rules, reader, REPORTS[flags.output]())
      let failed = false
      for (const file of files.length > 0 ? files : ['-']) {
        try {
          await detection.run(file)
        } catch (error) {
          failed = true
          process.stderr.write(`cannot read ${file}: ${messageOf(error)}\n`)
        }
      }
      await detection.end()
      const seconds = (performance.now() - loaded) / 1000
      const { events, unreadable, matches } = detection.tally
      const rate = Math.round(events / seconds)
      process.stderr.write(`${events} events, ${unreadable} unreadable, ${matches} matches in ${seconds.toFixed(2)} s (${rate} events/s)\n`)
      const stats = {
        events,
        unreadable,
        matches,
        seconds,
        events_per_second: rate,
        load_seconds: (loaded - started) / 1000,
        rules: rules.length,
        rejected: problems,
      }
      if (flags.stats !== undefined) writeFileSync(flags.stats, `${JSON.stringify(stats, null, 2)}\n`)
      if (failed) process.exitCode = 1
    })
}

function loadRules(flags: DetectFlags, command: Command) {
  try {
    return readRules(flags.rules)
  } catch (error) {
    return command.error(`error: cannot read the rules: ${messageOf(error)}`, { exitCode: 2 })
  }
}

function reportProblems(loaded: number, problems: readonly RuleProblem[]): void {
  const rejected = problems.length > 0 ? `, ${problems.length} rejected:` : ''
  process.stderr.write(`${loaded} rules loaded${rejected}\n`)
  for (const { file, line, reason } of problems.slice(0, PROBLEMS_SHOWN)) process.stderr.write(`  ${file}:${line}: ${reason}\n`)
  if (problems.length > PROBLEMS_SHOWN) process.stderr.write(`  and ${problems.length - PROBLEMS_SHOWN} more; --stats FILE lists all\n`)
}

/** A record as rules are put to it. */
interface Shaped {
  readonly document: object
  readonly view: NativeView
  readonly logsource: EventLogsource
}

/** Undefined where the record cannot be read. */
type ReadShape = (record: FileRecord) => Shaped | undefined

function openShapes({ format }: DetectFlags, command: Command): ReadShape {
  const view = VIEWS.find((each) => each.name === format)
  if (view) return (record) => native(record, view)
  let normalizer: Normalizer
  try {
    normalizer = createNormalizer({ format })
  } catch (error) {
    return command.error(`error: ${messageOf(error)}; also ${VIEWS.map((each) => each.name).join(', ')}`, { exitCode: 2 })
  }
  if (format !== 'auto') return (record) => normalized(record, normalizer)
  return (record) => {
    const shaped = record.kind === 'json' ? native(record) : undefined
    if (record.kind === 'json' && !shaped) return undefined
    // A shape we do not know natively may still be one the normaliser reads: a syslog line, a vendor's JSON.
    const known = shaped && (shaped.logsource.product ?? shaped.logsource.service ?? shaped.logsource.categories[0]) !== undefined
    return known ? shaped : normalized(record, normalizer)
  }
}

function native({ text }: FileRecord, forced?: NativeView): Shaped | undefined {
  const document = parseObject(text)
  if (!document) return undefined
  const view = forced ?? detectView(document)
  return { document, view, logsource: view.classify(document) }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function normalized({ text }: FileRecord, normalizer: Normalizer): Shaped {
  const event = normalizer.normalize({ text, observedAt: new Date() })
  return { document: event.document, view: ecsView, logsource: event.logsource }
}

function createDetection(rules: readonly SigmaRule[], read: ReadShape, report: Report) {
  const tally: Tally = { events: 0, unreadable: 0, matches: 0 }
  const matchers = new Map<NativeView, Matcher>()
  const matcherFor = (view: NativeView): Matcher => {
    const known = matchers.get(view)
    if (known) return known
    const { matcher, problems } = compileRules(rules, view)
    for (const { file, line, reason } of problems) process.stderr.write(`  ${file}:${line}: ${reason}\n`)
    matchers.set(view, matcher)
    return matcher
  }
  const out = createWriter(process.stdout)
  const progress = createProgress(tally)

  const hitsOf = (record: FileRecord, event: number, file: string): Hit[] => {
    const shaped = read(record)
    if (!shaped) {
      tally.unreadable++
      return []
    }
    const { document, view, logsource } = shaped
    const matches = matcherFor(view).match(document, logsource)
    return matches.map((match) => ({ event, file, match, timestamp: view.timestamp(document) }))
  }
  return {
    tally,
    async run(file: string) {
      let event = 0
      for await (const record of readRecords(file)) {
        const hits = hitsOf(record, event++, file)
        tally.events++
        tally.matches += hits.length
        for (const hit of hits) await out.write(report.hit(hit))
        progress.show(file)
      }
    },
    async end() {
      progress.clear()
      await out.write(report.end())
      await out.flush()
    },
  }
}

/** A line that is rewritten in place while work goes on; nothing where standard error is no terminal. */
function createProgress(tally: Tally) {
  let next = performance.now() + 2 * PROGRESS_EVERY_MS
  let shown = false
  return {
    show(file: string) {
      // The clock is read once in a while: per event it would cost as much as matching some.
      if (!process.stderr.isTTY || tally.events % 256 !== 0 || performance.now() < next) return
      next = performance.now() + PROGRESS_EVERY_MS
      shown = true
      process.stderr.write(`\r\x1b[K${tally.events} events, ${tally.matches} matches  ${file}`)
    },
    clear: () => {
      if (shown) process.stderr.write('\r\x1b[K')
    },
  }
}
