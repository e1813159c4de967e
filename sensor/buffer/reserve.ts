import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Disk space held back for the day the disk is full: SQLite needs room in its log even to delete, so a full disk could never drain.
 */
export interface Reserve {
  /** Gives the space back to the file system. True where there was something to give. */
  release(): boolean
  /** Holds the space again, where the disk has it. */
  hold(): void
}

export const createReserve = (directory: string, bytes: number): Reserve => {
  const path = join(directory, 'buffer.reserve')
  return {
    release() {
      const held = existsSync(path)
      rmSync(path, { force: true })
      return held
    },
    hold() {
      if (existsSync(path)) return
      const file = openSync(path, 'w', 0o600)
      let complete = false
      try {
        const zeros = Buffer.alloc(65_536)
        for (let written = 0; written < bytes; ) written += writeSync(file, zeros, 0, Math.min(zeros.length, bytes - written))
        fsyncSync(file)
        complete = true
      } catch (error) {
        // No room for it yet: the next acknowledgement tries again.
        if (!isDiskFull(error)) throw error
      } finally {
        closeSync(file)
        if (!complete) rmSync(path, { force: true })
      }
    },
  }
}

const isDiskFull = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
