import { chmod, mkdir, open, rename } from 'node:fs/promises'

/** Makes the directory where it is missing, for this user alone. */
export async function ensurePrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
}

/** Writes a file only this user may read (0600), so that a crash leaves the old content or the new, never a mixture. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    // An older temporary file keeps its mode when it is opened again.
    await file.chmod(0o600)
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
