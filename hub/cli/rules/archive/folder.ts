import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createContent, FILE_LIMIT_BYTES, type SourceContent, type Wanted } from './archive.ts'

/** Takes the wanted files below a folder. Links are not followed, hidden folders (`.git`) not entered. */
export async function readFolder(folder: string, wanted: Wanted): Promise<SourceContent> {
  const content = createContent()
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true })
    for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
      content.count()
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory() && !entry.name.startsWith('.')) await visit(path)
      if (entry.isDirectory() || !wanted(path)) continue
      const { size } = entry.isFile() ? await stat(join(folder, path)) : { size: 0 }
      if (!entry.isFile()) content.skip(path, entry.isSymbolicLink() ? 'a symbolic link' : 'no regular file')
      else if (size > FILE_LIMIT_BYTES) content.skip(path, `${size} bytes; the limit is ${FILE_LIMIT_BYTES}`)
      else content.add({ path, bytes: await readFile(join(folder, path)) })
    }
  }
  await visit('')
  return content.end()
}
