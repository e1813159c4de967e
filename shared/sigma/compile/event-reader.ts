import { allTexts, type Field, readField, type Texts, textsIn } from './field.ts'
import { fold } from './fold.ts'
import { WorkBudget } from './work-budget.ts'

/** Reads fields of the event at hand, each at most once: values are kept until the next event begins. */
export interface EventReader {
  begin(document: object): void
  /** The value as it stands in the document; undefined where the field is absent. */
  value(field: Field): unknown
  texts(field: Field): Texts
  /** The texts in the form that ignores case. */
  folded(field: Field): Texts
  /** What patterns may cost on the event at hand. */
  readonly budget: WorkBudget
}

export function createEventReader(fields: readonly Field[]): EventReader {
  const size = fields.length
  const valueAt = new Float64Array(size)
  const foldedAt = new Float64Array(size)
  const values: unknown[] = new Array(size)
  const texts: Texts[] = new Array(size)
  const folded: Texts[] = new Array(size)
  const budget = new WorkBudget()
  let document: object = {}
  let generation = 0

  const load = (field: Field): void => {
    if (valueAt[field.id] === generation) return
    valueAt[field.id] = generation
    const value = field.everything ? allTexts(document) : readField(document, field)
    values[field.id] = value
    texts[field.id] = textsIn(value)
  }
  return {
    budget,
    begin(next) {
      document = next
      generation++
      budget.beginEvent()
    },
    value(field) {
      load(field)
      return values[field.id]
    },
    texts(field) {
      load(field)
      return texts[field.id]
    },
    folded(field) {
      if (foldedAt[field.id] !== generation) {
        load(field)
        foldedAt[field.id] = generation
        const plain = texts[field.id]
        folded[field.id] = plain === undefined ? undefined : typeof plain === 'string' ? fold(plain) : plain.map(fold)
      }
      return folded[field.id]
    },
  }
}

export const someText = (texts: Texts, test: (text: string) => boolean): boolean =>
  texts !== undefined && (typeof texts === 'string' ? test(texts) : texts.some(test))
