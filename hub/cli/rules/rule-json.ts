import type { SigmaCorrelation, SigmaFilter, SigmaRule } from '../../../shared/sigma/contract.ts'
import type { ConditionNode, Detection, SearchNode, Test } from '../../../shared/sigma/parse/detection.ts'
import { MANY, ONE, type Pattern } from '../../../shared/sigma/parse/pattern.ts'

/** A value as it goes into JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** A rule as JSON, in the shape docs/rules.md describes: what the parser made of it, all modifiers applied. */
export const ruleToJson = (rule: SigmaRule): Json => ({
  type: 'rule',
  ...metadata(rule),
  logsource: { ...rule.logsource },
  detection: detectionToJson(rule.detection as Detection),
})

export const filterToJson = ({ id, title, description, logsource, rules, detection, file, line }: SigmaFilter): Json => ({
  type: 'filter',
  id,
  title,
  description,
  logsource: { ...logsource },
  rules,
  detection: detectionToJson(detection as Detection),
  file,
  line,
})

export function correlationToJson(correlation: SigmaCorrelation): Json {
  const { type, rules, groupBy, timespanSeconds, condition, fields, percentile, expression, aliases, generate } = correlation
  return {
    type: 'correlation',
    ...metadata(correlation),
    correlation: {
      type,
      rules,
      group_by: groupBy,
      timespan_seconds: timespanSeconds,
      condition: condition?.map(({ operator, value }) => ({ operator, value })) ?? null,
      fields: fields ?? null,
      percentile: percentile ?? null,
      // A tree of plain data; through JSON it loses nothing.
      expression: expression === undefined ? null : JSON.parse(JSON.stringify(expression)),
      aliases,
      generate,
    },
  }
}

const metadata = (rule: Omit<SigmaRule, 'logsource' | 'detection'>) => ({
  id: rule.id,
  name: rule.name ?? null,
  title: rule.title,
  level: rule.level,
  status: rule.status,
  description: rule.description,
  author: rule.author,
  date: rule.date ?? null,
  modified: rule.modified ?? null,
  references: rule.references,
  false_positives: rule.falsePositives,
  tags: rule.tags,
  mitre: { tactics: rule.mitre.tactics, techniques: rule.mitre.techniques },
  file: rule.file,
  line: rule.line,
})

const detectionToJson = ({ searches, condition, written }: Detection): Json => ({
  searches: Object.fromEntries([...searches].map(([name, node]) => [name, searchToJson(node)])),
  condition: conditionToJson(condition),
  written,
})

function conditionToJson(node: ConditionNode): Json {
  if (node.kind === 'search') return { search: node.name }
  return node.kind === 'not' ? { not: conditionToJson(node.of) } : { [node.kind]: node.of.map(conditionToJson) }
}

function searchToJson(node: SearchNode): Json {
  if (node.kind === 'leaf') return { field: node.field ?? null, ...testToJson(node.test) }
  return node.kind === 'not' ? { not: searchToJson(node.of) } : { [node.kind]: node.of.map(searchToJson) }
}

function testToJson(test: Test): { readonly [key: string]: Json | undefined } {
  if (test.kind === 'text') return { test: 'text', value: patternText(test.pattern), cased: test.cased }
  const { kind, ...rest } = test
  return { test: kind, ...rest }
}

/** A pattern as Sigma writes it: `*` and `?` are wildcards, `\*`, `\?` and `\\` the characters themselves. */
export const patternText = (pattern: Pattern): string =>
  pattern.map((part) => (part === MANY ? '*' : part === ONE ? '?' : part.replaceAll(/[\\*?]/g, '\\$&'))).join('')
