import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../../shared/errors.ts'
import { RULE_LEVELS, type RuleLevel, type RuleProblem } from '../../shared/sigma/contract.ts'
import { VIEWS } from '../../shared/sigma/sigma.ts'
import { NoSuchRules, type RuleFile, readRuleFiles } from '../detection/rule-files.ts'
import { counted } from './counted.ts'
import type { EngineStart } from './detect-engine.ts'
import { explain } from './detect-explain-command.ts'
import { lookOf, printable } from './detect-look.ts'
import { createLocalRunner, createPool, type DetectRunner } from './detect-pool.ts'
import { type Output, REPORTS } from './detect-report.ts'
import { runDetection } from './detect-run.ts'
import { createShapeReader } from './detect-shape.ts'
import { createTally, type FileTally, type Tally } from './detect-tally.ts'
import type { EngineHead } from './detect-worker-loop.ts'
import { EVENT_FILE_ENDINGS, type EventFiles, findEventFiles } from './event-files.ts'
import { createProgress } from './rules/progress.ts'
import { createWriter } from './writer.ts'

interface DetectFlags {
  rules?: string[]
  format: string
  output: Output
  level?: RuleLevel
  failOn?: RuleLevel
  threads?: number
  placeholders?: string
  explain?: string
  event?: number
  slack?: boolean
  stats?: string
}

/** Rejected rules named on the screen; all are in `--stats`. */
const PROBLEMS_SHOWN = 200
/** Damaged places of one file named on the screen. */
const LOSSES_SHOWN = 5
/** Input below this is read by one thread: every worker loads all rules for itself, which takes longer than reading so much. */
const ONE_THREAD_BELOW_BYTES = 64 * 1024 * 1024
/** Each worker holds all rules, up to 300 MB for all of SigmaHQ. */
const DEFAULT_THREADS_LIMIT = 8
const THREADS_LIMIT = 64
const MATCHED_EXIT_CODE = 3

const HELP = `
Examples:
  picket detect --rules rules --output table Security.evtx
  picket detect --rules rules --output timeline --level high evidence/
  picket detect --rules rules --fail-on high events.jsonl.gz > matches.jsonl

Matches go to standard output, everything else to standard error.
Filters among the rules are applied; correlations are checked but not run.
Without --threads, input above 64 MB is read by as many threads as there are cores, at most ${DEFAULT_THREADS_LIMIT}.

Exit codes:
  0  every file was read (whether or not rules fired)
  1  a file could not be read, or not to its end
  2  wrong usage
  ${MATCHED_EXIT_CODE}  with --fail-on: every file was read and a rule of that level or above fired`

/** `picket detect`: Sigma rules over files of events, without a hub. */
export function registerDetect(program: Command): void {
  program
    .command('detect')
    .description('run Sigma rules over files of events')
    .argument(
      '[files...]',
      `${EVENT_FILE_ENDINGS.map((ending) => `.${ending}`).join(', ')}, each also .gz, and folders of them; - or none reads standard input`,
    )
    .option('--rules <path>', 'a rule file, or a directory of them; may be given several times', (path: string, paths: string[] = []) => [
      ...paths,
      path,
    ])
    .option('--format <name>', `auto, one of ${VIEWS.map((view) => view.name).join(', ')}, or a format of "picket normalize"`, 'auto')
    .addOption(new Option('--output <kind>', 'how matches are shown').choices(Object.keys(REPORTS)).default('jsonl'))
    .addOption(new Option('--level <level>', 'leave out rules below this level').choices(RULE_LEVELS))
    .addOption(new Option('--fail-on <level>', `exit with ${MATCHED_EXIT_CODE} where a rule of this level or above fired`).choices(RULE_LEVELS))
    .option('--threads <n>', 'worker threads', wholeNumber(1, THREADS_LIMIT))
    .option('--placeholders <file>', 'values of %placeholders% in rules: YAML or JSON, name: [values]')
    .option('--explain <rule id>', 'show what a rule asks of each event, and what failed first')
    .option('--event <n>', 'with --explain: this record of each file alone, counted from 0', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--slack', 'also read what is left of deleted records in .evtx files')
    .option('--stats <file>', 'write counts, rates, losses and rejected rules as JSON')
    .addHelpText('after', HELP)
    .action(async (paths: string[], flags: DetectFlags, command: Command) => {
      if (!flags.rules) return command.error('error: name the rules with --rules PATH', { exitCode: 2 })
      if (flags.event !== undefined && flags.explain === undefined) return command.error('error: --event goes with --explain', { exitCode: 2 })
      checkFormat(flags, command)
      endWithTheReader()
      const start = await readStart(flags, command)
      const found = findFiles(paths, command)
      if (flags.explain !== undefined) await explain(flags.explain, found.files, start, flags, command)
      else await detect(found, start, flags)
    })
}

/** The worker threads' program lies beside this one. */
const WORKER_PROGRAM = fileURLToPath(new URL('detect-worker.mjs', import.meta.url))

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number ${most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`} is wanted.`)
    return value
  }
}

/** `picket detect … | head` has its lines; whoever closes the pipe wants no more. */
function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

function checkFormat({ format }: DetectFlags, command: Command): void {
  try {
    createShapeReader(format)
  } catch (error) {
    command.error(`error: ${messageOf(error)}; also ${VIEWS.map((each) => each.name).join(', ')}`, { exitCode: 2 })
  }
}

async function readStart({ rules = [], placeholders, level, format, slack = false }: DetectFlags, command: Command): Promise<EngineStart> {
  try {
    const values: RuleFile | undefined = placeholders === undefined ? undefined : { file: placeholders, text: readFileSync(placeholders, 'utf8') }
    const files = await readRuleFiles(rules)
    if (files.length === 0) throw new NoSuchRules(`there are no rule files (.yml, .yaml) in ${rules.join(', ')}`)
    return { files, placeholders: values, level, format, slack }
  } catch (error) {
    return command.error(`error: cannot read the rules: ${messageOf(error)}`, { exitCode: 2 })
  }
}

function findFiles(paths: readonly string[], command: Command): EventFiles {
  const found = findEventFiles(paths.length > 0 ? paths : ['-'])
  if (found.others > 0) process.stderr.write(`${counted(found.others, 'file')} of other kinds left out\n`)
  if (found.files.length === 0) return command.error('error: the folders hold no files of events', { exitCode: 2 })
  return found
}

const defaultThreads = (bytes: number): number => (bytes < ONE_THREAD_BELOW_BYTES ? 1 : Math.min(availableParallelism(), DEFAULT_THREADS_LIMIT))

async function detect({ files, bytes }: EventFiles, start: EngineStart, flags: DetectFlags): Promise<void> {
  const started = performance.now()
  const threads = flags.threads ?? defaultThreads(bytes)
  const runner = threads === 1 ? createLocalRunner(start) : await createPool(WORKER_PROGRAM, start, threads)
  const tally = createTally()
  reportRules(runner, flags)
  tally.problems.push(...runner.problems)
  const loaded = performance.now()
  const report = REPORTS[flags.output](lookOf(process.stdout))
  const out = createWriter(process.stdout)
  const progress = createProgress()
  const say = (text: string) => {
    progress.clear()
    process.stderr.write(text)
  }
  try {
    await runDetection(files, runner, tally, {
      async hits(hits) {
        let text = ''
        for (const hit of hits) text += report.hit(hit)
        // Lines that are rewritten in place and lines that stay must not share a row.
        if (text !== '' && process.stdout.isTTY) progress.clear()
        await out.write(text)
      },
      done(file, { problems, losses }) {
        if (problems.length > 0) say(problemLines(problems))
        tally.problems.push(...newProblems(tally.problems, problems))
        const shown = losses.slice(0, Math.max(LOSSES_SHOWN - (file.losses - losses.length), 0))
        for (const { offset, reason } of shown) say(`  ${printable(`${file.file}: byte ${offset}: ${reason}`)}\n`)
        progress.show(() => `${tally.events} events, ${tally.matches} matches  ${file.file}`)
      },
      failed: ({ file, error }) => say(`cannot read ${printable(`${file}: ${error}`)}\n`),
    })
  } finally {
    progress.clear()
    await runner.close()
  }
  await out.write(report.end())
  await out.flush()
  finish(tally, { runner, threads, flags, loadSeconds: (loaded - started) / 1000, seconds: (performance.now() - loaded) / 1000 })
}

/** Workers meet a shape of event for the first time each by itself; what they say of it is said once. */
const newProblems = (known: readonly RuleProblem[], found: readonly RuleProblem[]): readonly RuleProblem[] => {
  const keys = new Set(known.map(problemKey))
  return found.filter((problem) => !keys.has(problemKey(problem)))
}
const problemKey = ({ file, line, reason }: RuleProblem): string => `${file}:${line}:${reason}`
const problemLines = (problems: readonly RuleProblem[]): string =>
  problems.map(({ file, line, reason }) => `  ${printable(`${file}:${line}: ${reason}`)}\n`).join('')

function reportRules({ rules, problems, belowLevel, filters }: EngineHead, { level }: DetectFlags): void {
  const extras = [
    filters > 0 && counted(filters, 'filter'),
    belowLevel > 0 && `${belowLevel} below ${level} left out`,
    problems.length > 0 && `${problems.length} rejected:`,
  ]
  process.stderr.write(`${[`${counted(rules.length, 'rule')} loaded`, ...extras.filter((extra) => extra !== false)].join(', ')}\n`)
  process.stderr.write(problemLines(problems.slice(0, PROBLEMS_SHOWN)))
  if (problems.length > PROBLEMS_SHOWN) process.stderr.write(`  and ${problems.length - PROBLEMS_SHOWN} more; --stats FILE lists all\n`)
}

interface Finished {
  readonly runner: DetectRunner
  readonly threads: number
  readonly flags: DetectFlags
  readonly loadSeconds: number
  readonly seconds: number
}

function finish(tally: Tally, { runner, threads, flags, loadSeconds, seconds }: Finished): void {
  const { events, unreadable, matches, files } = tally
  // Every worker compiles for itself, all at the same time.
  const compileSeconds = tally.compileMs / 1000 / threads
  const rate = Math.round(events / Math.max(seconds - compileSeconds, 0.001))
  const damage = damageText(files)
  process.stderr.write(
    `${counted(events, 'event')}, ${unreadable} unreadable, ${counted(matches, 'match', 'matches')} in ${seconds.toFixed(2)} s (${rate} events/s)${damage}\n`,
  )
  const failed = files.some(({ error }) => error !== undefined)
  const alarming = flags.failOn !== undefined && tally.fired(RULE_LEVELS.slice(RULE_LEVELS.indexOf(flags.failOn)))
  const exitCode = failed ? 1 : alarming ? MATCHED_EXIT_CODE : 0
  if (flags.stats !== undefined) {
    const stats = {
      events,
      unreadable,
      matches,
      seconds,
      events_per_second: rate,
      load_seconds: loadSeconds,
      compile_seconds: compileSeconds,
      threads,
      peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
      rules: runner.rules.length,
      rules_below_level: runner.belowLevel,
      filters: runner.filters,
      rejected: tally.problems,
      ...tally.stats(),
      exit_code: exitCode,
    }
    writeFileSync(flags.stats, `${JSON.stringify(stats, null, 2)}\n`)
  }
  if (exitCode !== 0) process.exitCode = exitCode
}

function damageText(files: readonly FileTally[]): string {
  const losses = files.reduce((sum, file) => sum + file.losses, 0)
  const slack = files.reduce((sum, file) => sum + file.slackRecords, 0)
  return [
    losses > 0 && `; ${counted(losses, 'damaged place')} in event logs`,
    slack > 0 && `; ${counted(slack, 'record')} in slack space, which --slack reads`,
  ]
    .filter((text) => text !== false)
    .join('')
}
