import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { createGunzip } from 'node:zlib'

/** A file's lines, of any length, without their ends; blank ones left out. A `.gz` file is read as what is in it. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const raw: Readable = file === '-' ? process.stdin : createReadStream(file)
  // The failure of either end reaches the loop below through the stream it reads.
  const input = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => undefined) : raw
  const decoder = new StringDecoder('utf8')
  let pending = ''
  for await (const chunk of input) {
    const lines = (pending + decoder.write(chunk)).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  pending += decoder.end()
  if (pending.trim() !== '') yield pending
}
