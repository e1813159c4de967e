import { z } from '@hono/zod-openapi'

export const ifMatch = z.object({
  'if-match': z.string().max(100).optional().openapi({ description: 'The ETag of what was read: the change is made only where it is still that.' }),
})

export const etagOf = (version: number): string => `"${version}"`

/**
 * The version a caller's If-Match asks for; undefined where any will do. Compression makes an ETag weak (`W/"3"`), so weakness is ignored:
 * a version names the same state in whatever encoding.
 */
export function expectedVersion(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim())?.[1]
  // What is not a tag of ours matches nothing.
  return version === undefined ? -1 : Number(version)
}
