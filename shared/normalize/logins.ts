import type { EventDocument } from '../event/event.ts'
import { put } from './document.ts'

/** A login that is an address as a rule: whole in `email`, its parts as name and domain. */
export function putLogin(document: EventDocument, at: 'user' | 'user.target', login: string | undefined): void {
  if (login === undefined || login === '' || login === 'unknown') return
  const mark = login.indexOf('@')
  if (mark > 0) put(document, `${at}.email`, login)
  put(document, `${at}.name`, mark > 0 ? login.slice(0, mark) : login)
  if (mark > 0) put(document, `${at}.domain`, login.slice(mark + 1))
}
