import type { Socket } from 'node:dgram'
import type { RawRecord } from '../../../shared/event/event.ts'
import type { SourceContext } from '../../source.ts'
import { cutMarker } from '../cut.ts'
import { storeUntilKept } from '../store-until-kept.ts'
import { kernelDrops } from './kernel-drops.ts'

const MAX_WAITING_BYTES = 33_554_432
/** What a record takes beside its text: a flood of empty messages must find the bound too. */
const RECORD_BYTES = 256
const MAX_RECORDS_PER_BATCH = 2_000
const KERNEL_CHECK_MS = 1_000

/**
 * Reads one message per datagram. UDP peers cannot be slowed down: what arrives faster than it can be stored waits up to a bound and is counted as
 * lost past it, as is what the kernel had to drop (T25).
 *
 * @param onFault - hears of what is neither the peers' nor the buffer's doing
 * @returns stops reading and resolves once everything read is stored
 */
export const readDatagrams = (
  socket: Socket,
  context: SourceContext<{ readonly max_message_bytes: number }>,
  onFault: (error: unknown) => void,
): (() => Promise<void>) => {
  const { config, now } = context
  const limitBytes = config.max_message_bytes
  let waiting: RawRecord[] = []
  let waitingBytes = 0
  let cut = 0
  let overflow = 0
  let kernelLost = 0
  let kernelSeen = 0
  let pumping: Promise<void> | undefined

  const pump = async (): Promise<void> => {
    while (waiting.length + overflow + kernelLost > 0) {
      const records = waiting.slice(0, MAX_RECORDS_PER_BATCH)
      waiting = waiting.slice(MAX_RECORDS_PER_BATCH)
      const lost = [
        { reason: 'overflow', count: overflow },
        { reason: 'kernel_drop', count: kernelLost },
      ].filter((each) => each.count > 0)
      const batch = { records, lost, cut }
      overflow = 0
      kernelLost = 0
      cut = 0
      await storeUntilKept(context, batch, 'shed')
      for (const { text } of records) waitingBytes -= text.length + RECORD_BYTES
    }
  }
  const wake = () => {
    // After this turn's datagrams, so that they go together.
    pumping ??= new Promise((resolve) => setImmediate(resolve))
      .then(pump)
      .catch(onFault)
      .finally(() => {
        pumping = undefined
      })
  }

  socket.on('error', onFault)
  socket.on('message', (bytes, peer) => {
    if (waitingBytes > MAX_WAITING_BYTES) {
      overflow += 1
      return
    }
    let end = bytes.length
    while (end > 0 && isTrailer(bytes[end - 1])) end -= 1
    if (end === 0) return
    const tooLong = end > limitBytes
    if (tooLong) cut += 1
    const text = bytes.toString('utf8', 0, Math.min(end, limitBytes)) + (tooLong ? cutMarker(limitBytes) : '')
    waiting.push({ text, observedAt: now(), peer: peer.address })
    waitingBytes += text.length + RECORD_BYTES
    wake()
  })

  const { port, family } = socket.address()
  const checkKernel = async (): Promise<void> => {
    const drops = await kernelDrops(port, family === 'IPv6' ? 'IPv6' : 'IPv4')
    if (drops === undefined || drops <= kernelSeen) return
    kernelLost += drops - kernelSeen
    kernelSeen = drops
    wake()
  }
  const timer = setInterval(() => checkKernel().catch(onFault), KERNEL_CHECK_MS)

  return async () => {
    clearInterval(timer)
    await checkKernel().catch(onFault)
    await new Promise<void>((resolve) => socket.close(resolve))
    while (pumping) await pumping
  }
}

const isTrailer = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d || byte === 0x00
