import { hash } from 'node:crypto'

/**
 * The event's id: a UUID of version 8 (RFC 9562, 5.8) out of SHA-256(sensor, epoch, seq). The same event resent has the same id,
 * whoever computes it and however it was batched.
 */
export function eventId(sensorId: string, epoch: string, seq: number): string {
  const hex = hash('sha256', `${sensorId}|${epoch}|${seq}`, 'hex')
  // Variant 10xx: the top two bits of the ninth byte.
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
