import { createHmac, timingSafeEqual } from 'node:crypto'
import { ExpectedError } from '../../shared/errors.ts'

export class InvalidCursor extends ExpectedError {
  readonly code = 'INVALID_CURSOR'
  readonly kind = 'invalid'
  readonly errors = [{ parameter: 'cursor', message: 'Not a cursor of this list with this sort and these filters.' }]
  constructor() {
    super('The cursor is not one of this list with this sort and these filters; start again without it.')
  }
}

export type CursorValues = readonly (string | number)[]

/** Signed bookmarks. What a cursor continues (tenant, list, sort, filters) is its `scope`: under any other scope it is refused. */
export interface Cursors {
  seal(scope: readonly unknown[], values: CursorValues): string
  /** @throws {InvalidCursor} */
  open(scope: readonly unknown[], cursor: string): CursorValues
}

const TAG_BYTES = 16

/** @param key - 32 bytes only this hub knows */
export function createCursors(key: Uint8Array): Cursors {
  const tagOf = (scope: readonly unknown[], payload: Uint8Array): Buffer =>
    createHmac('sha256', key)
      .update(`${JSON.stringify(scope)}\n`)
      .update(payload)
      .digest()
      .subarray(0, TAG_BYTES)

  return {
    seal(scope, values) {
      const payload = Buffer.from(JSON.stringify(values))
      return Buffer.concat([tagOf(scope, payload), payload]).toString('base64url')
    },
    open(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url')
      const payload = bytes.subarray(TAG_BYTES)
      if (bytes.length <= TAG_BYTES || !timingSafeEqual(bytes.subarray(0, TAG_BYTES), tagOf(scope, payload))) throw new InvalidCursor()
      return JSON.parse(payload.toString())
    },
  }
}
