import { createEvtxFramer, type EvtxFrame, type EvtxLoss } from '../../shared/evtx/evtx.ts'
import { createJsonScanner } from './json-splitter.ts'

/** A piece of a file that can be read without the others: whole lines, whole objects, whole chunks. What one worker takes at a time. */
export type EventBlock = LineBlock | ObjectBlock | ArrayBlock | EvtxBlock

/** Whole lines: a JSON object each, or text. */
export interface LineBlock {
  readonly kind: 'json_lines' | 'text_lines'
  readonly bytes: Uint8Array
  /** Records given up while this block was cut, because they were too large. */
  readonly tooLarge: number
}

/** Whole objects one after another. */
export interface ObjectBlock {
  readonly kind: 'objects'
  readonly bytes: Uint8Array
  readonly tooLarge: number
}

/** Objects of an array: where each begins and ends. */
export interface ArrayBlock {
  readonly kind: 'array'
  readonly bytes: Uint8Array
  readonly ranges: readonly number[]
  readonly tooLarge: number
}

export interface EvtxBlock {
  readonly kind: 'evtx'
  readonly frames: readonly EvtxFrame[]
  readonly losses: readonly EvtxLoss[]
}

/** Pieces of a file, in order, of any size. */
export type Pieces = AsyncIterable<Uint8Array>

export interface BlockLimits {
  readonly blockBytes: number
  /** A line or object larger than this is given up and counted. */
  readonly recordBytes: number
}
/**
 * A block is about 450 Windows events, 5 ms of work: large enough that handing it over costs nothing beside it, small enough that all workers have one.
 * The largest real event is far below 1 MB.
 */
const LIMITS: BlockLimits = { blockBytes: 1024 * 1024, recordBytes: 64 * 1024 * 1024 }
const EVTX_CHUNKS_A_BLOCK = 16

const NEWLINE = 10

/** Cuts text into blocks of whole lines. */
export async function* lineBlocks(pieces: Pieces, kind: LineBlock['kind'], limits = LIMITS): AsyncGenerator<LineBlock> {
  const cutAt = (bytes: Buffer): number => bytes.lastIndexOf(NEWLINE) + 1
  for await (const { bytes, tooLarge } of cutBlocks(pieces, cutAt, cutAt, limits)) yield { kind, bytes, tooLarge }
}

/** Cuts objects that stand one after another into blocks of whole ones. `}`, a line's end and `{` stand together nowhere but between two of them. */
export async function* objectBlocks(pieces: Pieces, limits = LIMITS): AsyncGenerator<ObjectBlock> {
  for await (const { bytes, tooLarge } of cutBlocks(pieces, lastEnd, firstGap, limits)) yield { kind: 'objects', bytes, tooLarge }
}

/** Where the second of two objects begins, looked for from the end; 0 where the bytes hold no such place. */
function lastGap(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf('\n{'); at > 0; at = bytes.lastIndexOf('\n{', at - 1)) if (endsObject(bytes, at)) return at + 1
  return 0
}

/** Where the last whole object ends; objects without a line's end between them are found by their brackets. 0 where the bytes are one object, unfinished. */
function lastEnd(bytes: Buffer): number {
  const gap = lastGap(bytes)
  if (gap > 0) return gap
  let last = 0
  createJsonScanner().scan(bytes, bytes.length, (_, to) => {
    last = to
  })
  return last
}

/** The first such place behind `from`; -1 where there is none. */
export function objectGap(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf('\n{', from); at >= 0; at = bytes.indexOf('\n{', at + 1)) if (endsObject(bytes, at)) return at + 1
  return -1
}
const firstGap = (bytes: Buffer): number => Math.max(objectGap(bytes, 0), 0)

/** Whether the last character before `at` that is no blank is a closing brace. */
function endsObject(bytes: Buffer, at: number): boolean {
  let before = at - 1
  while (before >= 0 && (bytes[before] === 13 || bytes[before] === 32 || bytes[before] === 9 || bytes[before] === NEWLINE)) before--
  return bytes[before] === 125
}

/**
 * Gathers pieces into blocks and cuts each where `lastCut` says. A record that is no end in sight of makes its block grow up to the limit; then it is given up
 * and reading goes on behind the next `firstCut`.
 */
async function* cutBlocks(
  pieces: Pieces,
  lastCut: (bytes: Buffer) => number,
  firstCut: (bytes: Buffer) => number,
  { blockBytes, recordBytes }: BlockLimits,
) {
  let block = Buffer.allocUnsafeSlow(blockBytes)
  let filled = 0
  let tooLarge = 0
  let skipping = false
  for await (const piece of pieces) {
    let from = 0
    while (from < piece.length) {
      const part = piece.subarray(from, from + block.length - filled)
      block.set(part, filled)
      filled += part.length
      from += part.length
      if (filled < block.length) break
      const cut = skipping ? firstCut(block) : lastCut(block)
      if (cut === 0 && skipping) {
        // Two bytes stay: a cut may begin with the last one.
        block.copyWithin(0, filled - 2, filled)
        filled = 2
      } else if (cut === 0 && filled >= recordBytes) {
        tooLarge++
        skipping = true
        block = Buffer.allocUnsafeSlow(blockBytes)
        filled = 0
      } else if (cut === 0) {
        const grown = Buffer.allocUnsafeSlow(Math.min(block.length * 2, recordBytes))
        block.copy(grown, 0, 0, filled)
        block = grown
      } else if (skipping) {
        skipping = false
        block.copyWithin(0, cut, filled)
        filled -= cut
      } else {
        const next = Buffer.allocUnsafeSlow(Math.max(blockBytes, filled - cut + 1))
        block.copy(next, 0, cut, filled)
        yield { bytes: block.subarray(0, cut), tooLarge }
        tooLarge = 0
        filled -= cut
        block = next
      }
    }
  }
  const rest = skipping ? block.subarray(firstCut(block.subarray(0, filled)) || filled, filled) : block.subarray(0, filled)
  if (rest.length > 0 || tooLarge > 0) yield { bytes: rest, tooLarge }
}

/** Cuts an array of objects. Each byte has to be looked at here: nothing but the count of brackets says where an object of an array ends. */
export async function* arrayBlocks(pieces: Pieces, limits = LIMITS): AsyncGenerator<ArrayBlock> {
  const { blockBytes, recordBytes } = limits
  let block = Buffer.allocUnsafeSlow(blockBytes)
  let filled = 0
  let ranges: number[] = []
  let tooLarge = 0
  let scanner = createJsonScanner()
  const found = (from: number, to: number) => ranges.push(from, to)
  for await (const piece of pieces) {
    let from = 0
    while (from < piece.length) {
      const part = piece.subarray(from, from + block.length - filled)
      block.set(part, filled)
      filled += part.length
      from += part.length
      scanner.scan(block, filled, found)
      if (filled < block.length) break
      const cut = scanner.openAt ?? filled
      if (cut > 0 || ranges.length > 0) {
        const next = Buffer.allocUnsafeSlow(Math.max(blockBytes, filled - cut + 1))
        block.copy(next, 0, cut, filled)
        if (ranges.length > 0 || tooLarge > 0) yield { kind: 'array', bytes: block.subarray(0, cut), ranges, tooLarge }
        ranges = []
        tooLarge = 0
        scanner.shift(cut)
        filled -= cut
        block = next
      } else if (filled >= recordBytes) {
        // Where it ends cannot be known without reading it; what follows its first bytes is looked at anew.
        tooLarge++
        scanner = createJsonScanner()
        block = Buffer.allocUnsafeSlow(blockBytes)
        filled = 0
      } else {
        const grown = Buffer.allocUnsafeSlow(Math.min(block.length * 2, recordBytes))
        block.copy(grown, 0, 0, filled)
        block = grown
      }
    }
  }
  // An object that was cut off is given out, so that it is counted as unreadable.
  if (scanner.openAt !== undefined) ranges.push(scanner.openAt, filled)
  if (ranges.length > 0 || tooLarge > 0) yield { kind: 'array', bytes: block.subarray(0, filled), ranges, tooLarge }
}

/** Gathers an event log's chunks. */
export async function* evtxBlocks(pieces: Pieces): AsyncGenerator<EvtxBlock> {
  const framer = createEvtxFramer()
  let frames: EvtxFrame[] = []
  let losses: EvtxLoss[] = []
  const gather = (given: { frames: readonly EvtxFrame[]; losses: readonly EvtxLoss[] }): boolean => {
    frames.push(...given.frames)
    losses.push(...given.losses)
    return frames.length >= EVTX_CHUNKS_A_BLOCK
  }
  const take = (): EvtxBlock => {
    const block: EvtxBlock = { kind: 'evtx', frames, losses }
    frames = []
    losses = []
    return block
  }
  for await (const piece of pieces) if (gather(framer.push(piece))) yield take()
  gather(framer.end())
  if (frames.length > 0 || losses.length > 0) yield take()
}

/** The memory that moves with a block to another thread. */
export const memoryOf = (block: EventBlock): ArrayBufferLike[] =>
  block.kind === 'evtx' ? block.frames.map(({ bytes }) => bytes.buffer) : [block.bytes.buffer]
