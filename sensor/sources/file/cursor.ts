import * as z from 'zod'

/** Where each followed file was read to. */
export const FileCursor = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      identity: z.string(),
      offset: z.number(),
      fingerprint: z.object({ length: z.number(), hash: z.string() }),
      skipping: z.boolean(),
    }),
  ),
})
export type FilePosition = z.infer<typeof FileCursor>['files'][number]

export const readCursor = (cursor: string | undefined): FilePosition[] | undefined =>
  cursor === undefined ? undefined : FileCursor.parse(JSON.parse(cursor)).files
