import type { JsonValue, PicketEvent, RawRecord } from '../event/event.ts'
import type { SyslogEnvelope } from './syslog-envelope.ts'
import type { Zone } from './zones.ts'

/** One kind of record and how it is read. Each format is one file and one line in the list (`formats.ts`). */
export interface Format {
  /** Stable name, shown to people and stored as the event's dataset: `windows.evtx`, `linux.sshd`, `cef`. */
  readonly name: string
  /** One line for `--help` and the docs. */
  readonly title: string
  /**
   * How sure the format is that the record is its own, 0 (not mine) to 1 (certain). Cheap: it looks, it does not parse.
   * `read` may still give up; then the next best format is tried.
   */
  recognise(record: OpenRecord): number
  /** The event, or undefined where the record turns out not to be of this format. Never throws for any input. */
  read(record: OpenRecord, context: ReadContext): PicketEvent | undefined
}

/** A record with its wrapping taken off once, before any format looks at it. */
export interface OpenRecord extends Omit<RawRecord, 'object'> {
  /** The syslog header, where the record has one. */
  readonly envelope?: SyslogEnvelope | undefined
  /** What is inside: the record's text without the syslog header, free of NUL and lone surrogates. */
  readonly body: string
  /** The body as an object, where it is a JSON object; bounded (`bounds.ts`). */
  readonly object?: { readonly [key: string]: JsonValue | undefined } | undefined
  /** True where the object broke a bound and lost something; `event.original` then keeps the text. */
  readonly cut: boolean
  readonly rawBytes: number
}

export interface ReadContext {
  /** Where wall-clock time without a zone belongs. */
  readonly zone: Zone
}

export interface NormalizeOptions {
  /** A format's name, or `auto`. */
  readonly format: string
  /** IANA zone or offset for records that carry local time without a zone. Default UTC. */
  readonly timeZone?: string | undefined
}

export interface Normalizer {
  /**
   * Turns a record into an event. Always gives one: a record no format can read becomes an event with
   * `parsed: false` that keeps the record in `event.original`.
   */
  normalize(record: RawRecord): PicketEvent
  /** The same, with every format's score and why the winner won: `picket normalize --explain`, `test-source`. */
  explain(record: RawRecord): { event: PicketEvent; candidates: { format: string; score: number }[] }
}
