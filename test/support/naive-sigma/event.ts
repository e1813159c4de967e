/** One field's value, also as texts: as they stand and with case taken away. */
export interface NaiveValue {
  /** Undefined where the event has no such field. */
  readonly value: unknown
  readonly texts: readonly string[]
  readonly lowered: readonly string[]
}

/** An event as the naive evaluator reads it. */
export interface NaiveEvent {
  field(name: string): NaiveValue
  /** Every value in the event, for keywords. */
  everything(): NaiveValue
}

/** Reads a field by Sigma's plain rule: a dotted name is a nested field, or else one name that has dots in it. */
export const plainEvent = (document: object): NaiveEvent =>
  eventOf(document, (name) => {
    const value = nested(document, name.split('.'))
    return value === undefined && Object.hasOwn(document, name) ? (document as Record<string, unknown>)[name] : value
  })

/** @param read - the value of a field by Sigma's name for it; undefined where it is absent */
export function eventOf(document: object, read: (name: string) => unknown): NaiveEvent {
  // Only to read each field once per event, as 3,000 rules ask for the same few.
  const known = new Map<string, NaiveValue>()
  let all: NaiveValue | undefined
  return {
    field(name) {
      const value = known.get(name) ?? asValue(read(name))
      known.set(name, value)
      return value
    },
    everything() {
      all ??= asValue(leaves(document))
      return all
    },
  }
}

/** Case is ignored by lower-casing both sides; the Greek final sigma is a plain one. */
export const lower = (text: string): string => text.toLowerCase().replace(/ς/g, 'σ')

/** The same, with characters left as they are whose lower case is more than one. */
export const lowerByCharacter = (text: string): string =>
  Array.from(text, (character) => ([...lower(character)].length > 1 ? character : lower(character))).join('')

function asValue(value: unknown): NaiveValue {
  const texts = [value]
    .flat(Number.POSITIVE_INFINITY)
    .filter((each) => each !== null && each !== undefined && typeof each !== 'object')
    .map(String)
  return { value, texts, lowered: texts.map(lower) }
}

/** Through arrays of objects a path leads to all the values it has there. */
function nested(value: unknown, path: readonly string[]): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return Object.hasOwn(value, step) ? nested((value as Record<string, unknown>)[step], rest) : undefined
  const found = value.flatMap((element) => nested(element, path)).filter((each) => each !== undefined)
  return found.length > 0 ? found : undefined
}

function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}
