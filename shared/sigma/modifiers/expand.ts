import { RuleFault } from '../parse/fault.ts'
import { type Pattern, type PatternPart, parsePattern } from '../parse/pattern.ts'
import { type Modifier, mapText, modifierFault, takeVariants } from './modifier.ts'

/** In a value as written: an escaped backslash, an escaped percent sign, or a placeholder. */
const WRITTEN = /\\\\|\\%|%([^%\s]+)%/g
/** In text whose escapes are gone, because a modifier before changed it. */
const READ = /\\%|%([^%\s]+)%/g
const VARIANT_LIMIT = 10_000

type Placeholders = ReadonlyMap<string, readonly string[]> | undefined

/** `%name%` stands for a list of values that the operator supplies. Without them the rule cannot mean what it says and is refused. */
export const expand: Modifier = {
  name: 'expand',
  apply: (item, context) =>
    mapText('expand', item, ({ pattern, raw }) => {
      const { placeholders } = context
      const stretches =
        raw === undefined
          ? pattern.flatMap((part) => (typeof part === 'string' ? stretchesOf(part, READ, (text) => [text], placeholders) : [[[part]]]))
          : stretchesOf(raw, WRITTEN, parsePattern, placeholders)
      const variants = variantsOf(stretches)
      takeVariants('expand', variants.length, context)
      const texts = variants.map((variant) => ({ kind: 'text' as const, pattern: joined(variant) }))
      const [only] = texts
      return only && texts.length === 1 ? only : { kind: 'any', of: texts }
    }),
}

/** The value cut at its placeholders: each stretch with what it may be. */
function stretchesOf(text: string, special: RegExp, read: (text: string) => Pattern, placeholders: Placeholders): Pattern[][] {
  const stretches: Pattern[][] = []
  let literal = ''
  let from = 0
  for (const found of text.matchAll(special)) {
    const [whole, name] = found
    literal += text.slice(from, found.index)
    from = found.index + whole.length
    if (name === undefined) literal += whole === '\\%' ? '%' : whole
    else {
      if (literal !== '') stretches.push([read(literal)])
      literal = ''
      const values = placeholders?.get(name)
      if (!values) throw new RuleFault('expand_without_placeholders', `the rule uses the placeholder ${whole}, for which no values are given`)
      stretches.push(values.map(parsePattern))
    }
  }
  literal += text.slice(from)
  if (literal !== '') stretches.push([read(literal)])
  return stretches
}

function variantsOf(stretches: readonly (readonly Pattern[])[]): Pattern[] {
  return stretches.reduce<Pattern[]>(
    (done, choices) => {
      if (done.length * choices.length > VARIANT_LIMIT) throw modifierFault('expand', `would make more than ${VARIANT_LIMIT} variants of one value`)
      return done.flatMap((before) => choices.map((choice) => [...before, ...choice]))
    },
    [[]],
  )
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
