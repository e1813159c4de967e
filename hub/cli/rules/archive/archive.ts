import { ExpectedError } from '../../../../shared/errors.ts'

/** Why an archive is not read: damaged, too large, or made to do harm. Nothing of it is used. */
export class ArchiveRefused extends ExpectedError {
  readonly code = 'archive'
  readonly kind = 'invalid'
}

/** A file that was taken out of a source. `path` is relative, with `/`, and stays below its folder. */
export interface SourceFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** What a folder or an archive gave. */
export interface SourceContent {
  readonly files: readonly SourceFile[]
  /** What was passed over, with the reason: links, files above the bound. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  /** What the archive says about itself: git writes the commit there. */
  readonly comment?: string | undefined
}

/** A rule is a page of text: SigmaHQ's largest file has 0.3 MB. */
export const FILE_LIMIT_BYTES = 4 * 1024 * 1024
/** Of all files taken together, unpacked. SigmaHQ's rules have 12 MB. */
export const CONTENT_LIMIT_BYTES = 256 * 1024 * 1024
/** Entries looked at. */
export const ENTRIES_LIMIT = 200_000

/** Which files a reader is to take. */
export type Wanted = (path: string) => boolean

/**
 * An entry's path in one form. A path that would leave the folder it is unpacked into is not repaired: whoever wrote it meant harm, so nothing of the
 * archive is to be used.
 *
 * @throws {ArchiveRefused}
 */
export function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') || /[\\\0]/.test(path) || /^[A-Za-z]:/.test(path) || parts.includes('..'))
    throw new ArchiveRefused(`the archive holds "${path.replaceAll('\0', '\\0')}", which would be written outside the folder; it is not used`)
  return parts.join('/')
}

/** Gathers what a reader takes, and refuses what goes past the bounds. */
export function createContent() {
  const files = new Map<string, SourceFile>()
  const skipped: { path: string; reason: string }[] = []
  let bytes = 0
  let entries = 0
  return {
    /** Counts an entry, wanted or not. */
    count() {
      if (++entries > ENTRIES_LIMIT) throw new ArchiveRefused(`the source has more than ${ENTRIES_LIMIT} entries`)
    },
    skip(path: string, reason: string) {
      skipped.push({ path, reason })
    },
    add(file: SourceFile) {
      if (files.has(file.path)) throw new ArchiveRefused(`the archive holds "${file.path}" twice; it is not used`)
      bytes += file.bytes.length
      if (bytes > CONTENT_LIMIT_BYTES) throw new ArchiveRefused(`the rules of the source take more than ${CONTENT_LIMIT_BYTES} bytes unpacked`)
      files.set(file.path, file)
    },
    end: (comment?: string): SourceContent => ({ files: [...files.values()], skipped, comment }),
  }
}
