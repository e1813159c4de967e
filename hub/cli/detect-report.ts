import type { RuleMatch } from '../../shared/sigma/sigma.ts'
import { RULE_LEVELS } from '../../shared/sigma/sigma.ts'

/** A rule that fired on one record. */
export interface Hit {
  /** The record's place in its file, from 0. */
  readonly event: number
  readonly file: string
  readonly match: RuleMatch
  readonly timestamp: string | undefined
}

/** One way of showing hits. */
export interface Report {
  /** Text for a hit, printed at once; empty where the report comes at the end. */
  hit(hit: Hit): string
  end(): string
}

/** One JSON object a line, for scripts. */
export const jsonlReport = (): Report => ({
  hit: ({ event, file, match, timestamp }) =>
    `${JSON.stringify({
      event,
      file,
      rule_id: match.rule.id,
      title: match.rule.title,
      level: match.rule.level,
      matched_conditions: match.matchedConditions,
      timestamp,
    })}\n`,
  end: () => '',
})

/** A line per hit, for people. */
export const tableReport = (): Report => {
  let headed = false
  const row = (...[time, level, title, place]: string[]) => `${cell(time, 24)} ${cell(level, 13)} ${cell(title, 70)} ${place}\n`
  return {
    hit({ event, file, match, timestamp }) {
      const head = headed ? '' : row('TIME', 'LEVEL', 'RULE', 'RECORD')
      headed = true
      return head + row(timestamp ?? '-', match.rule.level, match.rule.title, `${file}#${event}`)
    },
    end: () => (headed ? '' : 'No rule fired.\n'),
  }
}

/** Counts by rule, the most severe first. */
export const summaryReport = (): Report => {
  const counts = new Map<string, { match: RuleMatch; hits: number; files: Set<string> }>()
  return {
    hit({ match, file }) {
      const count = counts.get(match.rule.id) ?? { match, hits: 0, files: new Set() }
      count.hits++
      count.files.add(file)
      counts.set(match.rule.id, count)
      return ''
    },
    end() {
      if (counts.size === 0) return 'No rule fired.\n'
      const severity = ({ match }: { match: RuleMatch }) => RULE_LEVELS.indexOf(match.rule.level)
      const sorted = [...counts.values()].sort((left, right) => severity(right) - severity(left) || right.hits - left.hits)
      const rows = sorted.map(
        ({ match, hits, files }) =>
          `${cell(match.rule.level, 13)} ${String(hits).padStart(8)} ${String(files.size).padStart(6)}  ${match.rule.title}`,
      )
      return `${['LEVEL             HITS  FILES  RULE', ...rows].join('\n')}\n`
    },
  }
}

const cell = (text = '', width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width))
