/** A value inside an event's document: what JSON can carry. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue | undefined }

/** An ECS-shaped event, nested objects, vendor fields under their own names (`winlog.event_data.CommandLine`). */
export type EventDocument = { [key: string]: JsonValue | undefined }

/**
 * Where an event comes from in Sigma's words, decided at normalisation. One event may fall into several
 * categories (Sysmon 13 is `registry_set` and `registry_event`).
 */
export interface EventLogsource {
  readonly product?: string | undefined
  readonly service?: string | undefined
  readonly categories: readonly string[]
}

/** A raw record as a source read it, before any format has looked at it. */
export interface RawRecord {
  /** The record's text: one log line, or one JSON object. Decoded as UTF-8, U+FFFD for bytes that are not. */
  readonly text: string
  /** The object, where the source already parsed one; formats prefer it to parsing `text` again. */
  readonly object?: { readonly [key: string]: unknown } | undefined
  /** The sensor's clock when the record was read. */
  readonly observedAt: Date
  /** Address of the peer that sent it, for network sources. */
  readonly peer?: string | undefined
  /** What the transport said beside the record: HEC's `host`, `sourcetype`, `time`; a tailed file's path. */
  readonly hints?: RecordHints | undefined
}

export interface RecordHints {
  readonly host?: string | undefined
  readonly sourcetype?: string | undefined
  readonly time?: Date | undefined
  readonly path?: string | undefined
  readonly fields?: { readonly [key: string]: unknown } | undefined
}

/** What normalisation makes of a record: the columns the hub indexes, and the document. */
export interface PicketEvent {
  /** When it happened, by the source's clock; the sensor's reading where the record names no time. */
  readonly time: Date
  readonly observedAt: Date
  /** Name of the format that read it, or `unknown`. */
  readonly dataset: string
  readonly logsource: EventLogsource
  readonly host?: string | undefined
  readonly user?: string | undefined
  readonly sourceIp?: string | undefined
  /** Size of the record as received, in bytes. */
  readonly rawBytes: number
  /** False where no format could read the record: only `@timestamp` and `event.original` are kept. */
  readonly parsed: boolean
  readonly document: EventDocument
}
