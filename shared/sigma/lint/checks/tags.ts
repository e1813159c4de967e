import { own } from '../../../own.ts'
import { ATTACK_TACTICS, isTechnique } from '../../parse/attack.ts'
import type { LintCheck } from '../check.ts'
import { nearest } from '../nearest.ts'

const FORM = /^[a-z0-9_-]+\.[a-z0-9._-]+$/

/** What may stand after the dot, by namespace (Sigma specification, appendix "Tags"). Other namespaces are the author's own. */
const NAMES: { readonly [namespace: string]: readonly [form: RegExp, example: string] } = {
  car: [/^\d{4}-\d{2}-\d{3}$/, 'car.2016-04-005'],
  cve: [/^\d{4}[.-]\d{4,}$/, 'cve.2021-44228'],
  d3fend: [/^(?:d3-[a-z0-9]+|d3f-[a-z0-9-]+|[a-z-]+)$/, 'd3fend.d3-am'],
  detection: [/^(?:dfir|emerging-threats|threat-hunting|simulation)$/, 'detection.threat-hunting'],
  stp: [/^[1-5][auk]?$/, 'stp.4a'],
  tlp: [/^(?:red|amber|amber-strict|green|clear|white)$/, 'tlp.amber'],
}

export const tagForm: LintCheck = {
  code: 'tag_form',
  severity: 'warning',
  title: 'a tag is not `namespace.name` in lower case, or not one its namespace has',
  *each({ head, lineOf }) {
    for (const [index, tag] of textsOf(head['tags'])) {
      const problem = FORM.test(tag) ? namespaceProblem(tag) : `the tag "${tag}" is not namespace.name in lower case`
      if (problem !== undefined) yield { line: lineOf(['tags', index]), message: problem }
    }
  },
}

function namespaceProblem(tag: string): string | undefined {
  const [namespace = ''] = tag.split('.')
  const [form, example] = own(NAMES, namespace) ?? []
  return form === undefined || form.test(tag.slice(namespace.length + 1)) ? undefined : `"${tag}" is no ${namespace} tag; one looks like ${example}`
}

export const attackTag: LintCheck = {
  code: 'attack_tag',
  severity: 'warning',
  title: 'an `attack.` tag names no tactic, technique, group, software or data source of ATT&CK',
  *each({ head, lineOf }) {
    for (const [index, tag] of textsOf(head['tags'])) {
      const lower = tag.toLowerCase()
      if (!lower.startsWith('attack.')) continue
      const problem = attackProblem(lower.slice('attack.'.length))
      if (problem !== undefined) yield { line: lineOf(['tags', index]), message: problem }
    }
  },
}

function attackProblem(name: string): string | undefined {
  if (/^[gs]\d{4}$/.test(name) || /^ds\d{4}$/.test(name) || /^c\d{4}$/.test(name)) return undefined
  const technique = /^t(\d{4}(?:\.\d{3})?)$/.exec(name)?.[1]
  if (technique !== undefined)
    return isTechnique(technique)
      ? undefined
      : `ATT&CK has no technique T${technique}; it may have been revoked, look it up at https://attack.mitre.org`
  const dashed = name.replaceAll('_', '-')
  if (ATTACK_TACTICS.includes(name)) return undefined
  const meant = ATTACK_TACTICS.includes(dashed) ? dashed : nearest(dashed, ATTACK_TACTICS)
  return `ATT&CK has nothing called "${name}"${meant === undefined ? '; write a tactic (attack.execution) or a technique (attack.t1059.001)' : `; did you mean attack.${meant}?`}`
}

/** A list's texts with their places. */
const textsOf = (value: unknown): readonly (readonly [number, string])[] =>
  Array.isArray(value) ? value.flatMap((entry, index) => (typeof entry === 'string' ? [[index, entry] as const] : [])) : []
