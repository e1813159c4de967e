import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'

/** Why a request's body was not taken; `status` is what to answer. */
export class BodyRefused extends Error {
  readonly status: 400 | 413 | 415 | 503

  constructor(status: BodyRefused['status'], reason: string) {
    super(reason)
    this.name = 'BodyRefused'
    this.status = status
  }
}

/** Bytes of bodies held at once, over all requests of one listener. */
export interface BodyBudget {
  heldBytes: number
  readonly limitBytes: number
}

/**
 * The whole body, inflated where it came compressed.
 *
 * @param limitBytes - bound on the body, before and after inflating it
 * @throws {BodyRefused} 413 past the bound; 415 for an encoding other than gzip and deflate, or a chain of them; 400 where it does not
 *   inflate; 503 where other requests hold all the memory there is
 */
export const readBody = async (request: IncomingMessage, limitBytes: number, budget: BodyBudget): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new BodyRefused(413, `the body is larger than ${limitBytes} bytes`)
  const parts: Buffer[] = []
  let bytes = 0
  const stream = decoded(request, limitBytes)
  try {
    // The request outlives a refusal: its connection is what the answer goes out on.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > limitBytes) throw new BodyRefused(413, `the body is larger than ${limitBytes} bytes once inflated`)
      if (budget.heldBytes + chunk.length > budget.limitBytes) throw new BodyRefused(503, 'too many bodies at once')
      budget.heldBytes += chunk.length
      parts.push(chunk)
    }
    return Buffer.concat(parts, bytes)
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')) {
      throw new BodyRefused(400, `the body does not inflate: ${error.code}`)
    }
    throw error
  } finally {
    for (const part of parts) budget.heldBytes -= part.length
    if (stream !== request) stream.destroy()
  }
}

const decoded = (request: IncomingMessage, limitBytes: number): Readable => {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return request
  const inflate = encoding === 'gzip' || encoding === 'x-gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : undefined
  if (!inflate) throw new BodyRefused(415, `content-encoding ${encoding.slice(0, 40)} is not taken: gzip or deflate`)
  let received = 0
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    // Endless empty gzip members inflate to nothing.
    if (received > limitBytes) inflate.destroy(new BodyRefused(413, `the body is larger than ${limitBytes} bytes`))
  })
  request.on('error', (error) => inflate.destroy(error))
  return request.pipe(inflate)
}
