import type { JsonValue } from '../event/event.ts'
import { own } from '../own.ts'

/** What vendors call how it ended, in ECS's words. */
const OUTCOMES: { readonly [word: string]: 'success' | 'failure' } = {
  success: 'success',
  succeeded: 'success',
  successful: 'success',
  partiallysucceeded: 'success',
  ok: 'success',
  true: 'success',
  allow: 'success',
  accept: 'success',
  accepted: 'success',
  failure: 'failure',
  failed: 'failure',
  fail: 'failure',
  error: 'failure',
  false: 'failure',
  deny: 'failure',
  denied: 'failure',
  fraud: 'failure',
  timeout: 'failure',
}

/** The outcome in ECS's words: a vendor's word, an error code (0 is none) or an HTTP status. Undefined for anything else. */
export function outcomeOf(value: JsonValue): 'success' | 'failure' | undefined {
  const text = String(value).toLowerCase()
  if (/^\d{1,9}$/.test(text)) {
    const code = Number(text)
    return code === 0 || (code >= 100 && code < 400) ? 'success' : 'failure'
  }
  return own(OUTCOMES, text)
}
