import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { ExpectedError, messageOf } from '../../../../shared/errors.ts'

/** Beside the imported rules: where each came from and what it was then, so that the next import knows what changed where. */
export const MANIFEST_NAME = 'picket-import.json'

const Manifest = z.object({
  format: z.literal(1),
  source: z.object({
    name: z.string(),
    kind: z.enum(['folder', 'zip', 'tar.gz']),
    version: z.string().optional(),
    commit: z.string().optional(),
    sha256: z.string().optional(),
  }),
  licences: z.array(z.string()),
  /** When the import last changed something. */
  imported_at: z.iso.datetime(),
  filters: z.object({ min_level: z.string().optional(), status: z.array(z.string()).optional() }),
  /** By path: the SHA-256 of the file as the source had it. `removed`: it is no longer taken from there, and why. */
  files: z.record(z.string(), z.object({ sha256: z.string(), removed: z.enum(['upstream', 'filtered', 'rejected']).optional() })),
})
export type Manifest = z.infer<typeof Manifest>

export class BadManifest extends ExpectedError {
  readonly code = 'import_manifest'
  readonly kind = 'invalid'
}

/**
 * The manifest of a folder; undefined where nothing was imported into it yet.
 *
 * @throws {BadManifest} for one that cannot be read: without it, local edits cannot be told from the source's own text
 */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const file = join(folder, MANIFEST_NAME)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw new BadManifest(
      `${file} cannot be read (${messageOf(cause).split('\n')[0]}); put back an older copy, or remove it and import with --force`,
      { cause },
    )
  }
}
