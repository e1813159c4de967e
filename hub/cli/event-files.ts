import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ExpectedError } from '../../shared/errors.ts'
import { splitJson } from './json-splitter.ts'

/** A kind of file that holds events, but that this version cannot read. */
export class UnsupportedEventFile extends ExpectedError {
  readonly code = 'unsupported_event_file'
  readonly kind = 'invalid'
}

/** One record of a file, in order: the text of a JSON object, or a line of a log. */
export interface FileRecord {
  readonly kind: 'json' | 'line'
  readonly text: string
}

/**
 * Reads records from a file, or from standard input for `-`. `.json` holds objects one after another or in an array, `.jsonl` and `.ndjson` one a
 * line, `.log` and `.txt` lines of text; each may be gzipped (`.gz`). Standard input is JSON where its first character is `{` or `[`.
 * Streams: no more than a record and a chunk is in memory.
 *
 * @throws {UnsupportedEventFile} for `.evtx` and unknown endings; the file system's and gzip's errors as they are
 */
export async function* readRecords(file: string): AsyncGenerator<FileRecord> {
  const ending = /\.([a-z]+)$/i.exec(file.replace(/\.gz$/i, ''))?.[1]?.toLowerCase() ?? ''
  const kind = file === '-' ? 'any' : KINDS[ending]
  if (ending === 'evtx') throw new UnsupportedEventFile('.evtx files cannot be read in this version; convert them with evtx_dump -o jsonl')
  if (!kind) throw new UnsupportedEventFile(`the ending of ${file} is not one of ${Object.keys(KINDS).join(', ')}, each also .gz`)
  const input = open(file)
  if (kind === 'jsonl') for await (const line of linesOf(input)) yield { kind: 'json', text: line }
  else if (kind === 'log') for await (const line of linesOf(input)) yield { kind: 'line', text: line }
  else yield* json(input, kind === 'any')
}

const KINDS: { readonly [ending: string]: 'json' | 'jsonl' | 'log' } = { json: 'json', jsonl: 'jsonl', ndjson: 'jsonl', log: 'log', txt: 'log' }

function open(file: string): Readable {
  const source = file === '-' ? process.stdin : createReadStream(file)
  // pipeline's callback is for tidying up; the error itself reaches whoever reads the stream.
  return file.toLowerCase().endsWith('.gz') ? pipeline(source, createGunzip(), () => {}) : source
}

async function* json(input: Readable, maybeLines: boolean): AsyncGenerator<FileRecord> {
  input.setEncoding('utf8')
  const chunks = input[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done) return
  const rest = async function* () {
    yield withoutMark(String(first.value))
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield String(next.value)
  }
  if (maybeLines && !/^\s*[[{]/.test(withoutMark(String(first.value)))) for await (const line of linesIn(rest())) yield { kind: 'line', text: line }
  else for await (const text of splitJson(rest())) yield { kind: 'json', text }
}

async function* linesOf(input: Readable): AsyncGenerator<string> {
  // readline ends without a word when its stream fails; the failure is kept and raised at the end.
  let failure: Error | undefined
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  input.on('error', (error) => {
    failure = error
    lines.close()
  })
  let first = true
  for await (const line of lines) {
    const text = first ? withoutMark(line) : line
    first = false
    if (text.trim() !== '') yield text
  }
  if (failure) throw failure
}

async function* linesIn(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let pending = ''
  for await (const chunk of chunks) {
    const lines = (pending + chunk).split(/\r?\n/)
    pending = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (pending.trim() !== '') yield pending
}

/** Windows tools begin their files with a byte order mark. */
const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text)
