import * as z from 'zod'
import type { ConnectorKind } from './contract.ts'

export const FileConfig = z.strictObject({
  /** Absolute paths; `*` and `?` match inside one folder. */
  paths: z.array(z.string().startsWith('/')).min(1),
  /** Where a file seen for the first time is read from. Files that appear later are always read from their beginning. */
  start_at: z.enum(['beginning', 'end']).default('end'),
  poll_milliseconds: z.number().int().min(50).max(60_000).default(500),
  max_line_bytes: z.number().int().min(480).max(1_048_576).default(262_144),
  format: z.string().default('auto'),
  time_zone: z.string().default('UTC'),
})
export type FileConfig = z.infer<typeof FileConfig>

export const fileKind: ConnectorKind = {
  kind: 'file',
  title: 'Log files',
  description: 'Follows text log files through rotation.',
  config: FileConfig,
  secrets: [],
}
