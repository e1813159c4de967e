import type { EventDocument, JsonValue } from '../../event/event.ts'

export type EventData = { [field: string]: JsonValue | undefined }

/** A Windows event, whichever of its shapes it came in. Values are as the shipper wrote them; only what `to-event.ts` needs has a name. */
export interface WindowsRecord {
  readonly code: string
  readonly channel?: string | undefined
  readonly provider?: string | undefined
  readonly computer?: string | undefined
  readonly time?: Date | undefined
  readonly message?: string | undefined
  /** Windows' level, 0 to 5, or a word for it. */
  readonly level?: JsonValue | undefined
  readonly keywords?: JsonValue | undefined
  readonly outcome?: 'success' | 'failure' | undefined
  /** The process that wrote the event (Event/System/Execution). */
  readonly emitterPid?: number | undefined
  /** The account the event was written under. */
  readonly account?: { readonly id?: string | undefined; readonly name?: string | undefined; readonly domain?: string | undefined } | undefined
  /** The rest of the frame, in Winlogbeat's names, to stand under `winlog`. */
  readonly frame: EventData
  /** EventData, or what stands in UserData. */
  readonly data: EventData
  /** What the shipper made of the event already; it wins over what is derived here. Owned by the reader: it is written to. */
  readonly document?: EventDocument | undefined
}

export const text = (value: JsonValue | undefined): string | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' ? String(value) : undefined
}

/** A field that says something: Windows writes `-` where it has nothing to say. */
export const said = (value: JsonValue | undefined): string | undefined => {
  const known = text(value)
  return known === '-' ? undefined : known
}

/** A whole number, decimal or `0x…`. */
export const integer = (value: JsonValue | undefined): number | undefined => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  if (typeof value !== 'string' || value.length > 18 || !/^(?:\d{1,15}|0x[0-9a-f]{1,13})$/i.test(value)) return undefined
  return Number(value)
}

const KEYWORD_FAILURE = 0x10_0000_0000_0000n
const KEYWORD_SUCCESS = 0x20_0000_0000_0000n
const known = new Map<string | number, { keywords: string; outcome: 'success' | 'failure' | undefined }>()

/**
 * Keywords as the hexadecimal mask Windows shows (`0x8020000000000000`), and what its two audit bits say.
 * NXLog writes the mask as a signed number. Undefined for anything that is no mask.
 */
export function readKeywords(value: JsonValue | undefined): { keywords: string; outcome: 'success' | 'failure' | undefined } | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const seen = known.get(value)
  if (seen) return seen
  if (typeof value === 'number' ? !Number.isInteger(value) : !/^(?:0x[0-9a-f]{1,16}|-?\d{1,19})$/i.test(value)) return undefined
  const mask = BigInt.asUintN(64, BigInt(value))
  const outcome = mask & KEYWORD_FAILURE ? 'failure' : mask & KEYWORD_SUCCESS ? 'success' : undefined
  const answer = { keywords: typeof value === 'string' && value.startsWith('0x') ? value : `0x${mask.toString(16)}`, outcome } as const
  if (known.size < 256) known.set(value, answer) // few masks exist; a flood of made-up ones is just worked out each time
  return answer
}
