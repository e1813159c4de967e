import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ExpectedError } from '../../shared/errors.ts'
import { arrayBlocks, type EventBlock, evtxBlocks, lineBlocks, objectBlocks, type Pieces } from './detect-blocks.ts'
import { isGzipped, openFile, STANDARD_INPUT } from './open-file.ts'

/** A kind of file that holds no events that can be read. */
export class UnsupportedEventFile extends ExpectedError {
  readonly code = 'unsupported_event_file'
  readonly kind = 'invalid'
}

const ENDINGS: { readonly [ending: string]: (pieces: Pieces) => AsyncGenerator<EventBlock> } = {
  json: (pieces) => jsonBlocks(pieces, false),
  jsonl: (pieces) => lineBlocks(pieces, 'json_lines'),
  ndjson: (pieces) => lineBlocks(pieces, 'json_lines'),
  log: (pieces) => lineBlocks(pieces, 'text_lines'),
  txt: (pieces) => lineBlocks(pieces, 'text_lines'),
  evtx: evtxBlocks,
}
export const EVENT_FILE_ENDINGS: readonly string[] = Object.keys(ENDINGS)

/**
 * Reads a file's events in blocks, or standard input for `-`. `.json` holds objects one after another or in an array, `.jsonl` and `.ndjson` one a line, `.log` and
 * `.txt` lines of text, `.evtx` a Windows event log; each may be gzipped (`.gz`). Standard input is JSON where its first character is `{` or `[`. Text is UTF-8, or
 * UTF-16 where its byte order mark says so. Holds a block and a piece.
 *
 * @throws {UnsupportedEventFile} for unknown endings; the file system's and gzip's errors as they are
 */
export function readBlocks(file: string): AsyncGenerator<EventBlock> {
  const read = file === STANDARD_INPUT ? (pieces: Pieces) => jsonBlocks(pieces, true) : ENDINGS[endingOf(file)]
  if (!read) throw new UnsupportedEventFile(`the ending of ${file} is not one of ${EVENT_FILE_ENDINGS.join(', ')}, each also .gz`)
  const pieces = openFile(file)
  return read(endingOf(file) === 'evtx' ? pieces : asUtf8(pieces))
}

const endingOf = (file: string): string => /\.([a-z]+)$/i.exec(file.replace(/\.gz$/i, ''))?.[1]?.toLowerCase() ?? ''

export interface EventFiles {
  readonly files: readonly string[]
  /** Bytes of what is in them, guessed for compressed files; 0 for standard input. */
  readonly bytes: number
  /** Files in folders whose ending says that they hold no events. */
  readonly others: number
}

/** Text shrinks about so much under gzip. */
const GZIP_FACTOR = 10

/** Files given, and files with known endings below folders given, in order of their names. A path that does not exist is kept: reading it says so. */
export function findEventFiles(paths: readonly string[]): EventFiles {
  const files: string[] = []
  let bytes = 0
  let others = 0
  const add = (file: string, size: number): void => {
    files.push(file)
    bytes += isGzipped(file) ? size * GZIP_FACTOR : size
  }
  const enter = (folder: string): void => {
    const byName = (left: Dirent, right: Dirent) => (left.name < right.name ? -1 : 1)
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort(byName)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) enter(path)
      else if (!entry.isFile() || !ENDINGS[endingOf(path)]) others++
      else add(path, statSync(path, { throwIfNoEntry: false })?.size ?? 0)
    }
  }
  for (const path of paths) {
    const found = path === STANDARD_INPUT ? undefined : statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) enter(path)
    else add(path, found?.size ?? 0)
  }
  return { files, bytes, others }
}

/** The stream's failure, or that of what it unpacks, reaches the loop that reads it. */
/** Text without its byte order mark; UTF-16, as Windows' own tools write it, becomes UTF-8. */
async function* asUtf8(pieces: Pieces): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | undefined
  let first = true
  for await (const piece of pieces) {
    if (first) {
      if (piece[0] === 0xff && piece[1] === 0xfe) decoder = new TextDecoder('utf-16le')
      else if (piece[0] === 0xfe && piece[1] === 0xff) decoder = new TextDecoder('utf-16be')
    }
    const hasMark = first && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf
    first = false
    if (decoder) yield Buffer.from(decoder.decode(piece, { stream: true }))
    else yield hasMark ? piece.subarray(3) : piece
  }
  if (decoder) yield Buffer.from(decoder.decode())
}

/** Objects or an array, by the first character; lines of text where it is neither and that may be. */
async function* jsonBlocks(pieces: Pieces, maybeLines: boolean): AsyncGenerator<EventBlock> {
  const source = pieces[Symbol.asyncIterator]()
  const seen: Uint8Array[] = []
  let first: number | undefined
  while (first === undefined) {
    const next = await source.next()
    if (next.done) break
    seen.push(Buffer.from(next.value))
    first = next.value.find((byte) => byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13)
  }
  if (first === undefined) return
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield* seen.splice(0)
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
  }
  if (first === 0x7b) yield* objectBlocks(all())
  else if (first === 0x5b || !maybeLines) yield* arrayBlocks(all())
  else yield* lineBlocks(all(), 'text_lines')
}
