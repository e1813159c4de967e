import { RuleFault } from '../parse/fault.ts'
import { type Pattern, type PatternPart, parsePattern } from '../parse/pattern.ts'
import { type Modifier, mapText, modifierFault } from './modifier.ts'

const PLACEHOLDER = /(?<!\\)%([^%\s]+)%/
const VARIANT_LIMIT = 10_000

/** `%name%` stands for a list of values that the operator supplies. Without them the rule cannot mean what it says and is refused. */
export const expand: Modifier = {
  name: 'expand',
  apply: (item, { placeholders }) =>
    mapText('expand', item, ({ pattern }) => {
      const variants = pattern.reduce<Pattern[]>(
        (done, part) => {
          const choices = typeof part === 'string' ? variantsOf(part, placeholders) : [[part]]
          if (done.length * choices.length > VARIANT_LIMIT)
            throw modifierFault('expand', `would make more than ${VARIANT_LIMIT} variants of one value`)
          return done.flatMap((before) => choices.map((choice) => [...before, ...choice]))
        },
        [[]],
      )
      const texts = variants.map((variant) => ({ kind: 'text' as const, pattern: joined(variant) }))
      const [only] = texts
      return only && texts.length === 1 ? only : { kind: 'any', of: texts }
    }),
}

function variantsOf(literal: string, placeholders: ReadonlyMap<string, readonly string[]> | undefined): Pattern[] {
  const found = PLACEHOLDER.exec(literal)
  if (!found) return [[literal.replaceAll('\\%', '%')]]
  const [whole, name = ''] = found
  const values = placeholders?.get(name)
  if (!values) throw new RuleFault('expand_without_placeholders', `the rule uses the placeholder ${whole}, for which no values are given`)
  const before = literal.slice(0, found.index).replaceAll('\\%', '%')
  const rest = variantsOf(literal.slice(found.index + whole.length), placeholders)
  return values.flatMap((value) => rest.map((after) => [before, ...parsePattern(value), ...after]))
}

/** Literals that came to stand side by side become one, as a Pattern promises. */
function joined(pattern: Pattern): Pattern {
  const parts: PatternPart[] = []
  for (const part of pattern) {
    const last = parts.at(-1)
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
    else if (part !== '') parts.push(part)
  }
  return parts
}
