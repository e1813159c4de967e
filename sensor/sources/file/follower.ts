import type { FileHandle } from 'node:fs/promises'
import type { FileConfig } from '../../../shared/connectors/file.ts'
import type { SourceContext } from '../../source.ts'
import { type FilePosition, readCursor } from './cursor.ts'
import { type Found, type FoundFile, findFiles, findMoved, identityOf, openLog } from './find-files.ts'
import { takeFingerprint } from './fingerprint.ts'
import { readLines } from './lines.ts'

interface Followed {
  readonly handle: FileHandle
  /** Changes as the file is read, and with a rename. */
  position: FilePosition
  /** As at the last look, to see whether to look closer. */
  seen: { size: bigint; mtimeNs: bigint }
  /** When it was last still growing after its name had gone to another file or to none; undefined while it has its name. */
  leftAt: Date | undefined
  /** There may be more to read. */
  pending: boolean
}

const CHUNK_BYTES = 262_144
/** A file that lost its name is read on for so long after it last grew: its writer may not have noticed yet. */
const LINGER_MS = 30_000
const LOOK_BACK_BYTES = 65_536
const LF = 0x0a

/** The files of one connector: which there are, and how far each has been read. */
export class Follower {
  readonly #context: SourceContext<FileConfig>
  readonly #followed = new Map<string, Followed>()
  /** Compressed files and the like, by identity: looked at once. */
  #passedOver = new Map<string, string>()
  #remembered: FilePosition[] | undefined
  #first = true

  constructor(context: SourceContext<FileConfig>) {
    this.#context = context
    this.#remembered = readCursor(context.cursor)
  }

  get size(): number {
    return this.#followed.size
  }

  /** Finds files that are new, have gone, or were truncated. */
  async look(): Promise<Found> {
    const found = await findFiles(this.#context.config.paths)
    const problems = [...found.problems]
    const present = new Set(found.files.map((each) => each.identity))
    for (const [identity, path] of this.#passedOver)
      if (!present.has(identity)) this.#passedOver.delete(identity)
      else problems.push({ path, kind: 'not a log file', message: `${path} is compressed: not read` })
    let changed = false
    for (const file of found.files) {
      const known = this.#followed.get(file.identity)
      if (known) {
        known.position = { ...known.position, path: file.path }
        known.leftAt = undefined
      } else if (!this.#passedOver.has(file.identity)) {
        const followed = await this.#follow(file, (message) => problems.push({ path: file.path, kind: 'permission', message }))
        changed ||= followed
      }
    }
    if (this.#first) await this.#followMoved(present)
    for (const [identity, file] of this.#followed) if (!present.has(identity)) file.leftAt ??= this.#context.now()
    for (const file of this.#followed.values()) await this.#lookCloser(file)
    // Where a new file is to be read from is decided once: a restart before its first line must not decide anew.
    if (this.#first && changed) await this.#context.store({ records: [], cursor: this.#cursor() })
    this.#first = false
    this.#remembered = []
    return { files: found.files, problems }
  }

  /** Reads one chunk of each file that has something, and stores it. @returns whether there may be more */
  async read(): Promise<boolean> {
    for (const file of this.#followed.values()) {
      if (this.#context.signal.aborted) return false
      if (file.pending) await this.#readChunk(file, false)
    }
    await this.#finishLeft()
    return [...this.#followed.values()].some((file) => file.pending)
  }

  async close(): Promise<void> {
    const files = [...this.#followed.values()]
    this.#followed.clear()
    await Promise.all(files.map((file) => file.handle.close()))
  }

  /** @returns whether the file is followed now */
  async #follow(file: FoundFile, onProblem: (message: string) => void): Promise<boolean> {
    const handle = await openLog(file, onProblem)
    if (!handle) return false
    const remembered = this.#remembered?.find((each) => each.identity === file.identity)
    const { fingerprint, same, gzip } = await takeFingerprint(handle, remembered?.fingerprint)
    if (gzip) {
      this.#passedOver.set(file.identity, file.path)
      await handle.close()
      return false
    }
    const start = { path: file.path, identity: file.identity, fingerprint }
    const position =
      remembered && same
        ? { ...start, offset: remembered.offset, skipping: remembered.skipping }
        : { ...start, offset: await this.#startOf(handle), skipping: false }
    this.#followed.set(file.identity, { handle, position, seen: { size: -1n, mtimeNs: -1n }, leftAt: undefined, pending: true })
    return true
  }

  /** With `start_at: end`, only what is there at the very first start is passed over; behind its last whole line. */
  async #startOf(handle: FileHandle): Promise<number> {
    if (!this.#first || this.#remembered !== undefined || this.#context.config.start_at === 'beginning') return 0
    const size = Number((await handle.stat()).size)
    const from = Math.max(0, size - LOOK_BACK_BYTES)
    const tail = Buffer.alloc(size - from)
    const { bytesRead } = await handle.read(tail, 0, tail.length, from)
    const newline = tail.subarray(0, bytesRead).lastIndexOf(LF)
    return newline === -1 ? size : from + newline + 1
  }

  /** Files that were renamed while the sensor was down: their rest is read before they are let go. */
  async #followMoved(present: ReadonlySet<string>): Promise<void> {
    for (const { path, identity } of this.#remembered ?? []) {
      if (present.has(identity) || this.#followed.has(identity)) continue
      const moved = await findMoved(path, identity)
      if (!moved) continue
      const remembered = this.#remembered?.find((each) => each.identity === identity)
      const handle = await openLog(moved, () => {})
      if (!handle || !remembered) continue
      const { same } = await takeFingerprint(handle, remembered.fingerprint)
      if (!same) await handle.close()
      else {
        const position = { ...remembered, path: moved.path }
        this.#followed.set(identity, { handle, position, seen: { size: -1n, mtimeNs: -1n }, leftAt: this.#context.now(), pending: true })
      }
    }
  }

  async #lookCloser(file: Followed): Promise<void> {
    const stats = await file.handle.stat({ bigint: true })
    if (stats.size === file.seen.size && stats.mtimeNs === file.seen.mtimeNs) return
    const { fingerprint, same } = await takeFingerprint(file.handle, file.position.fingerprint)
    const truncated = stats.size < BigInt(file.position.offset) || !same
    file.position = { ...file.position, fingerprint, identity: identityOf(stats), ...(truncated ? { offset: 0, skipping: false } : {}) }
    file.seen = { size: stats.size, mtimeNs: stats.mtimeNs }
    file.pending = true
    if (file.leftAt) file.leftAt = this.#context.now()
  }

  /** @param final - what has no newline is a line all the same */
  async #readChunk(file: Followed, final: boolean): Promise<void> {
    const { config, now, store } = this.#context
    const { position } = file
    const limitBytes = config.max_line_bytes
    const buffer = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, limitBytes + 2))
    const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, position.offset)
    const { texts, cut, consumedBytes, skipping } = readLines(buffer.subarray(0, bytesRead), { limitBytes, skipping: position.skipping, final })
    const next = { ...position, offset: position.offset + consumedBytes, skipping }
    if (consumedBytes > 0) {
      const observedAt = now()
      const hints = { path: position.path }
      await store({ records: texts.map((text) => ({ text, observedAt, hints })), cursor: this.#cursor(next), cut })
      file.position = next
    }
    file.pending = bytesRead === buffer.length
  }

  /** Lets go of files that have lost their name and are read to their end. */
  async #finishLeft(): Promise<void> {
    for (const [identity, file] of this.#followed) {
      if (!file.leftAt || file.pending || this.#context.now().getTime() - file.leftAt.getTime() < LINGER_MS) continue
      await this.#readChunk(file, true)
      this.#followed.delete(identity)
      await file.handle.close()
    }
  }

  #cursor(changed?: FilePosition): string {
    const files = [...this.#followed.values()].map(({ position }) => (changed && position.identity === changed.identity ? changed : position))
    return JSON.stringify({ files })
  }
}
