import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Disk space held back for the day the disk is full: SQLite needs room in its log even to delete, so a full disk could never drain.
 */
export interface Reserve {
  /** Gives the space back to the file system. True where there was something to give. */
  release(): boolean
  /** Holds the space again, or as much of it as the disk has. */
  hold(): void
}

export const createReserve = (directory: string, bytes: number): Reserve => {
  const path = join(directory, 'buffer.reserve')
  const zeros = Buffer.alloc(65_536)
  const heldBytes = (): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return {
    release() {
      const held = heldBytes()
      rmSync(path, { force: true })
      return held > 0
    },
    hold() {
      let held = heldBytes()
      if (held >= bytes) return
      const file = openSync(path, 'a', 0o600)
      try {
        while (held < bytes) held += writeSync(file, zeros, 0, Math.min(zeros.length, bytes - held))
        fsyncSync(file)
      } catch (error) {
        // No room for more of it yet: the next acknowledgement tries again.
        if (!isDiskFull(error)) throw error
      } finally {
        closeSync(file)
      }
    },
  }
}

const isDiskFull = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
