import { randomUUID } from 'node:crypto'
import { chmod, link, mkdir, open, rename, rm } from 'node:fs/promises'

/** Makes the directory where it is missing, for this user alone. */
export async function ensurePrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
}

/** Writes a file only this user may read (0600), so that a crash leaves the old content or the new, never a mixture. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  await writeWhole(temporary, content)
  await rename(temporary, path)
}

/**
 * Writes a file that must not be there yet, 0600. It appears whole or not at all, and of two writers at once one wins.
 * @throws the file system's `EEXIST`, where the file is there
 */
export async function createFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await writeWhole(temporary, content)
  try {
    await link(temporary, path)
  } finally {
    await rm(temporary)
  }
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    // An older temporary file keeps its mode when it is opened again.
    await file.chmod(0o600)
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}
