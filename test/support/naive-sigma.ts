import ipaddr from 'ipaddr.js'
import { parseDocument } from 'yaml'

/**
 * Sigma as its specification says it, with no compilation, index or sharing: one rule (YAML), one flat event, yes or no. Written apart from shared/sigma
 * and sharing none of its code, so that the two can be held against each other.
 */
export function naiveSigma(ruleText: string, event: { readonly [field: string]: unknown }): boolean {
  const rule = parseDocument(ruleText).toJS()
  const { condition, ...searches } = rule.detection
  const results = new Map(Object.entries(searches).map(([name, content]) => [name, search(content, event)]))
  return [condition].flat().some((text) => evaluate(text, results))
}

function search(content: unknown, event: { readonly [field: string]: unknown }): boolean {
  if (Array.isArray(content))
    return content.some((entry) => (typeof entry === 'object' && entry !== null ? search(entry, event) : keyword(entry, [], event)))
  if (typeof content !== 'object' || content === null) return keyword(content, [], event)
  return Object.entries(content).every(([key, value]) => {
    const [field = '', ...modifiers] = key.split('|')
    const values = [value].flat()
    const one = (each: unknown) => (field === '' ? keyword(each, modifiers, event) : item(each, modifiers, event[field], event))
    const result = modifiers.includes('all') ? values.every(one) : values.some(one)
    return modifiers.includes('neq') ? !result : result
  })
}

function keyword(value: unknown, modifiers: readonly string[], event: unknown): boolean {
  const values: unknown[] = []
  const collect = (node: unknown): void => {
    if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) collect(child)
    else if (node !== null && node !== undefined) values.push(node)
  }
  collect(event)
  return values.some((found) => item(value, modifiers.includes('re') ? modifiers : [...modifiers, 'contains'], found, {}))
}

function item(wanted: unknown, modifiers: readonly string[], found: unknown, event: { readonly [field: string]: unknown }): boolean {
  if (modifiers.includes('exists')) return (found !== undefined) === wanted
  if (wanted === null) return found === null || found === undefined
  const values = [found].flat().filter((each) => each !== null && each !== undefined)
  return values.some((each) => value(String(wanted), modifiers, String(each), event))
}

function value(wanted: string, modifiers: readonly string[], found: string, event: { readonly [field: string]: unknown }): boolean {
  const has = (name: string) => modifiers.includes(name)
  if (has('re')) return new RegExp(wanted, ['i', 'm', 's'].filter(has).join('')).test(found)
  if (has('cidr')) return inNetwork(found, wanted)
  const comparison = ['lt', 'lte', 'gt', 'gte'].find(has)
  if (comparison) {
    const [left, right] = [Number(found), Number(wanted)]
    if (found.trim() === '') return false
    return { lt: left < right, lte: left <= right, gt: left > right, gte: left >= right }[comparison] ?? false
  }
  const same = (left: string, right: string) => (has('cased') ? left === right : left.toLowerCase() === right.toLowerCase())
  if (has('fieldref')) return [event[wanted]].flat().some((other) => other !== undefined && other !== null && same(found, String(other)))
  let choices = [wanted]
  if (has('windash')) choices = dashes(wanted)
  if (has('base64offset')) choices = [0, 1, 2].map((offset) => offsetBase64(Buffer.from(wanted, has('wide') ? 'utf16le' : 'utf8'), offset))
  else if (has('base64')) choices = [Buffer.from(wanted, has('wide') ? 'utf16le' : 'utf8').toString('base64')]
  return choices.some((choice) =>
    wildcards(choice, has('contains') || has('endswith'), has('contains') || has('startswith'), has('cased')).test(
      has('cased') ? found : lower(found),
    ),
  )
}

/** Case is ignored by lower-casing both; the final sigma counts as the plain one. */
const lower = (text: string) => text.toLowerCase().replace(/ς/g, 'σ')

function wildcards(pattern: string, before: boolean, after: boolean, cased: boolean): RegExp {
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i, i + 2)
    if (rest === '\\*' || rest === '\\?' || rest === '\\\\') {
      source += `\\${rest.charAt(1)}`
      i++
    } else if (pattern.charAt(i) === '*') source += '.*'
    else if (pattern.charAt(i) === '?') source += '.'
    else source += (cased ? pattern.charAt(i) : lower(pattern.charAt(i))).replace(/[\\^$.|+()[\]{}/]/g, '\\$&')
  }
  return new RegExp(`^${before ? '.*' : ''}${source}${after ? '.*' : ''}$`, 'su')
}

function dashes(text: string): string[] {
  const at = [...text].findIndex((char, i) => (char === '-' || char === '/') && !/\w/.test(text.charAt(i - 1)) && /\w/.test(text.charAt(i + 1)))
  if (at < 0) return [text]
  return dashes(text.slice(at + 1)).flatMap((rest) => ['-', '/', '–', '—', '―'].map((dash) => text.slice(0, at) + dash + rest))
}

function offsetBase64(bytes: Buffer, offset: number): string {
  const start = [0, 2, 3][offset]
  const end = [0, -3, -2][(bytes.length + offset) % 3] || undefined
  return Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .slice(start, end)
}

function inNetwork(address: string, network: string): boolean {
  if (!ipaddr.isValid(address) || (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address))) return false
  const [base, bits] = ipaddr.parseCIDR(network)
  const parsed = base.kind() === 'ipv4' ? ipaddr.process(address) : ipaddr.parse(address)
  return parsed.kind() === base.kind() && parsed.match(base, bits)
}

/** The condition grammar by JavaScript's own: quantifiers become parenthesised lists, names become their results. */
function evaluate(condition: string, results: ReadonlyMap<string, boolean>): boolean {
  const names = [...results.keys()]
  const listed = condition.replace(/\b(1|any|all) of (\S+?)(?=\)|\s|$)/g, (_, quantity, pattern) => {
    const wanted =
      pattern === 'them'
        ? names.filter((name) => !name.startsWith('_'))
        : names.filter((name) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name))
    return `(${wanted.join(quantity === 'all' ? ' and ' : ' or ')})`
  })
  const script = listed.replace(/[\w-]+/g, (word) => ({ and: '&&', or: '||', not: '!' })[word] ?? String(results.get(word)))
  return new Function(`return ${script}`)()
}
