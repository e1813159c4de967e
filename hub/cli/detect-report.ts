import type { RuleLevel } from '../../shared/sigma/contract.ts'
import { RULE_LEVELS } from '../../shared/sigma/sigma.ts'
import { cell, type Look, lastCell, printable } from './detect-look.ts'
import type { RuleHead } from './detect-worker-loop.ts'

/** A rule that fired on one record. */
export interface Hit {
  /** The record's place in its file, from 0. */
  readonly event: number
  readonly file: string
  readonly rule: RuleHead
  readonly conditions: readonly string[]
  readonly timestamp?: string | undefined
  readonly host?: string | undefined
  readonly recordId?: number | string | undefined
}

/** One way of showing hits. */
export interface Report {
  /** Text for a hit, printed at once; empty where the report comes at the end. */
  hit(hit: Hit): string
  end(): string
}

/** A time as the event writes it, to the millisecond. */
const timeCell = (timestamp: string | undefined): string => cell((timestamp ?? '-').replace(/(\.\d{3})\d+/, '$1'), TIME_WIDTH)

const NOTHING_FIRED = 'No rule fired.\n'

/** One JSON object a line, for scripts. */
const jsonlReport = (): Report => ({
  hit: ({ event, file, rule, conditions, timestamp, host, recordId }) =>
    `${JSON.stringify({
      event,
      file,
      rule_id: rule.id,
      title: rule.title,
      level: rule.level,
      matched_conditions: conditions,
      timestamp,
      host,
      record_id: recordId,
    })}\n`,
  end: () => '',
})

const TIME_WIDTH = 24
const LEVEL_WIDTH = 13
const HOST_WIDTH = 20
/** Where the output is no terminal: wide enough for nearly all titles. */
const TITLE_WIDTH = 70
const RECORD_WIDTH = 24
/** On a narrow terminal, lines wrap rather than that titles vanish. */
const TITLE_LEAST = 24
/** What stands before the title, with its blanks. */
const SUMMARY_WIDTH = LEVEL_WIDTH + 8 + 6 + 2 * TIME_WIDTH + 6
const TIMELINE_WIDTH = 2 * TIME_WIDTH + 8 + LEVEL_WIDTH + HOST_WIDTH + 6

/** A line per hit, for people. */
const tableReport = (look: Look): Report => {
  let headed = false
  const fixed = TIME_WIDTH + LEVEL_WIDTH + HOST_WIDTH + 4
  const left = look.width - fixed - RECORD_WIDTH
  const titleWidth = look.width === Number.POSITIVE_INFINITY ? TITLE_WIDTH : Math.max(Math.min(left, TITLE_WIDTH), TITLE_LEAST)
  const recordWidth = Math.max(look.width - fixed - titleWidth, 12)
  const row = (time: string, level: string, host: string, title: string, record: string) =>
    `${time} ${level} ${cell(host, HOST_WIDTH)} ${cell(title, titleWidth)} ${shortRecord(record, recordWidth)}\n`
  return {
    hit({ event, file, rule, timestamp, host, recordId }) {
      const head = headed ? '' : look.bold(row(cell('TIME', TIME_WIDTH), cell('LEVEL', LEVEL_WIDTH), 'HOST', 'RULE', 'RECORD'))
      headed = true
      const level = look.level(rule.level, cell(rule.level, LEVEL_WIDTH))
      return head + row(timeCell(timestamp), level, host ?? '-', rule.title, `${file}#${event}${recordId === undefined ? '' : ` (${recordId})`}`)
    },
    end: () => (headed ? '' : NOTHING_FIRED),
  }
}

/** A record's end tells more than its beginning: the folder is the same for all. */
function shortRecord(record: string, width: number): string {
  const text = printable(record)
  return text.length > width ? `…${text.slice(text.length - width + 1)}` : text
}

interface Count {
  readonly rule: RuleHead
  readonly host: string
  readonly files: Set<string>
  hits: number
  /** As the events write them, and as instants in milliseconds. */
  first?: string | undefined
  firstMs: number
  last?: string | undefined
  lastMs: number
}

/** Rule and host pairs counted apart; a hunt over thousands of hosts with all rules stays below it. Past it a rule's further hosts are one. */
const PAIR_LIMIT = 100_000
/** Files remembered for each count. */
const FILE_LIMIT = 10_000
const OTHER_HOSTS = '(other hosts)'

function createCounts(byHost: boolean) {
  const counts = new Map<string, Count>()
  const countOf = (rule: RuleHead, host: string): Count => {
    const key = `${rule.id}\0${rule.title}\0${host}`
    const known = counts.get(key)
    if (known) return known
    if (counts.size >= PAIR_LIMIT && host !== OTHER_HOSTS) return countOf(rule, OTHER_HOSTS)
    const made: Count = { rule, host, files: new Set(), hits: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY }
    counts.set(key, made)
    return made
  }
  return {
    add({ rule, host, file, timestamp }: Hit) {
      const count = countOf(rule, byHost ? (host ?? '-') : '')
      count.hits++
      if (count.files.size < FILE_LIMIT) count.files.add(file)
      if (timestamp === undefined) return
      const ms = instantOf(timestamp)
      if (count.first === undefined || ms < count.firstMs) Object.assign(count, { first: timestamp, firstMs: Number.isNaN(ms) ? count.firstMs : ms })
      if (count.last === undefined || ms > count.lastMs) Object.assign(count, { last: timestamp, lastMs: Number.isNaN(ms) ? count.lastMs : ms })
    },
    list: () => [...counts.values()],
  }
}

/** Events write times in several ways, some without a zone; those count as UTC. Milliseconds, or NaN, which nothing is before or after. */
const instantOf = (timestamp: string): number => {
  const text = timestamp.replace(' ', 'T')
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
}
const severity = (level: RuleLevel): number => RULE_LEVELS.indexOf(level)

/** Counts by rule, the most severe first. */
const summaryReport = (look: Look): Report => {
  const counts = createCounts(false)
  return {
    hit(hit) {
      counts.add(hit)
      return ''
    },
    end() {
      const sorted = counts.list().sort((left, right) => severity(right.rule.level) - severity(left.rule.level) || right.hits - left.hits)
      if (sorted.length === 0) return NOTHING_FIRED
      const rows = sorted.map(({ rule, hits, files, first, last }) => {
        const level = look.level(rule.level, cell(rule.level, LEVEL_WIDTH))
        return `${level} ${String(hits).padStart(8)} ${String(files.size).padStart(6)}  ${timeCell(first)} ${timeCell(last)} ${lastCell(rule.title, Math.max(look.width - SUMMARY_WIDTH, TITLE_LEAST))}`
      })
      const head = `${cell('LEVEL', LEVEL_WIDTH)} ${'HITS'.padStart(8)} ${'FILES'.padStart(6)}  ${cell('FIRST', TIME_WIDTH)} ${cell('LAST', TIME_WIDTH)} RULE`
      return `${[look.bold(head), ...rows].join('\n')}\n`
    },
  }
}

/** When each rule fired on each host, in the order it began. */
const timelineReport = (look: Look): Report => {
  const counts = createCounts(true)
  return {
    hit(hit) {
      counts.add(hit)
      return ''
    },
    end() {
      // Those whose time is not known come last.
      const sorted = counts
        .list()
        .sort((left, right) =>
          left.firstMs === right.firstMs ? severity(right.rule.level) - severity(left.rule.level) : left.firstMs - right.firstMs,
        )
      if (sorted.length === 0) return NOTHING_FIRED
      const rows = sorted.map(({ rule, host, hits, first, last }) => {
        const level = look.level(rule.level, cell(rule.level, LEVEL_WIDTH))
        return `${timeCell(first)} ${timeCell(last)} ${String(hits).padStart(8)}  ${level} ${cell(host, HOST_WIDTH)} ${lastCell(rule.title, Math.max(look.width - TIMELINE_WIDTH, TITLE_LEAST))}`
      })
      const head = `${cell('FIRST', TIME_WIDTH)} ${cell('LAST', TIME_WIDTH)} ${'HITS'.padStart(8)}  ${cell('LEVEL', LEVEL_WIDTH)} ${cell('HOST', HOST_WIDTH)} RULE`
      return `${[look.bold(head), ...rows].join('\n')}\n`
    },
  }
}

export const REPORTS = { jsonl: jsonlReport, table: tableReport, summary: summaryReport, timeline: timelineReport } as const
export type Output = keyof typeof REPORTS
