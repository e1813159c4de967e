import { StringDecoder } from 'node:string_decoder'
import { openFile } from './open-file.ts'

/** A file's lines, of any length, without their ends; blank ones left out. A `.gz` file is read as what is in it. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  for await (const chunk of openFile(file)) {
    const lines = (pending + decoder.write(chunk)).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  pending += decoder.end()
  if (pending.trim() !== '') yield pending
}
