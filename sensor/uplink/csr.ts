import { type KeyObject, sign } from 'node:crypto'

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const UTF8_STRING = 0x0c
const ATTRIBUTES = 0xa0

const COMMON_NAME = Buffer.from('0603550403', 'hex') // OID 2.5.4.3
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex') // OID 1.2.840.10045.4.3.2

/**
 * A PKCS#10 certificate request (RFC 2986) as DER for a P-256 key. Written out by hand because it is 20 lines, and a general X.509 library
 * would be the largest thing in the sensor's one file. The hub sets the names in the certificate; the one here is only a label.
 */
export function createCertificateRequest({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }, commonName: string): Buffer {
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName.slice(0, 64))))))
  const info = der(SEQUENCE, der(INTEGER, Buffer.of(0)), name, publicKey.export({ type: 'spki', format: 'der' }), der(ATTRIBUTES))
  const signature = sign('sha256', info, privateKey)
  // A bit string starts with the number of unused bits in its last byte.
  return der(SEQUENCE, info, der(SEQUENCE, ECDSA_WITH_SHA256), der(BIT_STRING, Buffer.of(0), signature))
}

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const bytes = content.length < 0x100 ? Buffer.of(content.length) : Buffer.of(content.length >> 8, content.length & 0xff)
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, content])
}
