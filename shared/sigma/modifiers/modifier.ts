import type { DatePart, FieldRelation, NumberOperator } from '../parse/detection.ts'
import { RuleFault } from '../parse/fault.ts'
import type { Pattern } from '../parse/pattern.ts'

/** A value on its way through the modifiers. `any` stands for alternatives one value was expanded into. */
export type Value =
  /** `raw` is the text as written, for modifiers that read it themselves (`re`, `cidr`); gone once a modifier changed the pattern. */
  | { readonly kind: 'text'; readonly pattern: Pattern; readonly raw?: string | undefined }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'scalar'; readonly value: number | bigint | boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'any'; readonly of: readonly Value[] }

/** What the values mean in the end. */
export type Meaning =
  | { readonly kind: 'text' }
  | { readonly kind: 'regex'; readonly ignoreCase: boolean; readonly multiline: boolean; readonly dotAll: boolean }
  | { readonly kind: 'cidr' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'field'; readonly relation: FieldRelation }
  | { readonly kind: 'number'; readonly operator: NumberOperator; readonly part?: DatePart | undefined }

/** A detection item (`field|modifier: values`) between two modifiers. */
export interface Item {
  readonly values: readonly Value[]
  readonly meaning: Meaning
  /** AND over the values instead of OR. */
  readonly all: boolean
  readonly negated: boolean
  readonly cased: boolean
}

/** What a modifier may need that is not in the rule. */
export interface ModifierContext {
  /** Values of `%name%` placeholders; without them a rule that uses `expand` is refused. */
  readonly placeholders?: ReadonlyMap<string, readonly string[]> | undefined
  /** How many variants of values may still be made, for all items that share it: a few lines could ask for millions. */
  readonly variants?: { left: number } | undefined
}

/** @throws {RuleFault} where the variants that one value would be made into are more than are left */
export function takeVariants(name: string, count: number, { variants }: ModifierContext): void {
  if (!variants) return
  variants.left -= count
  if (variants.left < 0)
    throw modifierFault(name, 'would make more variants of values than one file may have; write fewer alternatives, or split the file')
}

/** One word after `|`. Modifiers are applied left to right; each gives a new item. */
export interface Modifier {
  readonly name: string
  readonly aliases?: readonly string[]
  /** @throws {RuleFault} where the modifier cannot be applied to these values, or is not supported */
  apply(item: Item, context: ModifierContext): Item
}

export const modifierFault = (name: string, reason: string) => new RuleFault('modifier', `modifier "${name}" ${reason}`)

/** The item with each text value (also inside alternatives) replaced; other kinds of value are refused. */
export const mapText = (name: string, item: Item, change: (text: Extract<Value, { kind: 'text' }>) => Value): Item => {
  const visit = (value: Value): Value => {
    if (value.kind === 'any') return { kind: 'any', of: value.of.map(visit) }
    if (value.kind === 'text') return change(value)
    if (value.kind === 'scalar') return change(textOf(value.value))
    throw modifierFault(name, `needs text, not ${value.kind === 'null' ? 'null' : 'encoded bytes'}`)
  }
  if (item.meaning.kind !== 'text') throw modifierFault(name, `cannot follow "${item.meaning.kind}"`)
  return { ...item, values: item.values.map(visit) }
}

const textOf = (value: number | bigint | boolean): Extract<Value, { kind: 'text' }> => ({
  kind: 'text',
  pattern: [String(value)],
  raw: String(value),
})
