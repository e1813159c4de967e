import type { Log } from '../../sensor/log.ts'

/** Keeps what was logged, for tests that look at it. */
export function createMemoryLog(): Log & { readonly entries: { level: string; fields: object; message: string }[] } {
  const entries: { level: string; fields: object; message: string }[] = []
  const at = (level: string) => (fields: object, message: string) => void entries.push({ level, fields, message })
  return { entries, info: at('info'), warn: at('warn'), error: at('error') }
}
