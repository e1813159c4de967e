import type { z } from 'zod'

/** A connector's settings as stored: JSON, secrets included while inside the program. */
export type ConnectorConfig = { readonly [key: string]: unknown }

/** What both programs know about a kind of source: its settings, and which of them are secret. The reader lives in `sensor/sources/`. */
export interface ConnectorKind {
  /** Stable name: `syslog`, `file`, `http`. */
  readonly kind: string
  readonly title: string
  readonly description: string
  readonly config: z.ZodType<object>
  /** Top-level keys of the config that are write-only over the API. */
  readonly secrets: readonly string[]
}
