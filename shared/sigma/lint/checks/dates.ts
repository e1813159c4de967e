import type { LintCheck } from '../check.ts'

const KEYS: readonly string[] = ['date', 'modified']
const FORM = /^(\d{4})-(\d{2})-(\d{2})$/

/** The date's text; a YAML timestamp has been read as text by the core schema. */
const textOf = (value: unknown): string => (value instanceof Date ? value.toISOString().slice(0, 10) : String(value))

function isCalendarDay(text: string): boolean {
  const found = FORM.exec(text)
  if (!found) return false
  const [, year, month, day] = found.map(Number)
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day))
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day
}

export const dateForm: LintCheck = {
  code: 'date_form',
  severity: 'warning',
  title: '`date` or `modified` is no day written YYYY-MM-DD',
  *each({ head, lineOf }) {
    for (const key of KEYS) {
      const value = head[key]
      if (value === undefined || value === null || isCalendarDay(textOf(value))) continue
      const slashed = textOf(value).replaceAll('/', '-')
      yield {
        line: lineOf([key]),
        message: `${key} "${textOf(value)}" is no day written YYYY-MM-DD${isCalendarDay(slashed) ? `; write ${slashed}` : ''}`,
      }
    }
  },
}

export const modifiedBeforeDate: LintCheck = {
  code: 'date_order',
  severity: 'warning',
  title: '`modified` lies before `date`',
  *each({ head, lineOf }) {
    const [date, modified] = KEYS.map((key) => textOf(head[key]))
    if (date && modified && isCalendarDay(date) && isCalendarDay(modified) && modified < date)
      yield { line: lineOf(['modified']), message: `modified (${modified}) lies before date (${date}); correct one of them` }
  },
}
