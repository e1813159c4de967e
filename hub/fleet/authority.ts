// tsyringe inside @peculiar/x509 needs the polyfill before it is loaded.
import 'reflect-metadata'
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { ExpectedError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/private-file.ts'
import { HUB_SERVER_NAME } from '../../shared/wire/limits.ts'

const DAY_MS = 86_400_000
const CA_DAYS = 3_650
const SERVER_DAYS = 397
/** The server's certificate is made anew when less than this is left of it. */
const SERVER_RENEW_BEFORE_MS = 60 * DAY_MS
/** Life of a sensor's certificate. Sensors renew at two thirds of it. */
export const SENSOR_CERTIFICATE_DAYS = 30
/** Certificates are valid from a little before they are made, so that a clock a few minutes behind still takes them. */
const BACKDATE_MS = 5 * 60_000
/** A certificate request of ours is about 300 bytes. */
const CSR_LIMIT_BYTES = 8_192

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export interface SensorCertificate {
  readonly pem: string
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string
  readonly notAfter: Date
}

export interface ServerCertificate {
  readonly certificatePem: string
  readonly keyPem: string
  readonly notAfter: Date
}

/** The hub's certificate authority and its pack key. */
export interface Authority {
  readonly caPem: string
  readonly ca: X509Certificate
  /** SHA-256 of the CA certificate's DER: travels inside enrolment tokens, so that a sensor knows its hub before it trusts it. */
  readonly caDigest: Buffer
  /** ed25519; signs packs. */
  readonly packKey: KeyObject
  readonly packPublicPem: string
  /** The gRPC server's certificate, made anew when it nears its end. */
  serverCertificate(now: Date): Promise<ServerCertificate>
  /** @throws {BadCertificateRequest} kind `invalid`: no PKCS#10, no proof of possession, or a key that is not P-256 */
  checkCertificateRequest(csr: Uint8Array): Promise<void>
  /**
   * A 30-day client certificate for the request's key. Names come from the arguments; those in the request are ignored.
   * @throws {BadCertificateRequest} as `checkCertificateRequest`
   */
  issueSensorCertificate(request: { csr: Uint8Array; tenantId: string; sensorId: string; now: Date }): Promise<SensorCertificate>
}

export class BadCertificateRequest extends ExpectedError {
  readonly code = 'BAD_CSR'
  readonly kind = 'invalid'
}

/** The name in a sensor's certificate. */
export const sensorUri = (tenantId: string, sensorId: string): string => `spiffe://picket/t/${tenantId}/s/${sensorId}`

/**
 * Reads the authority from `dir` (0700, keys 0600), making what is missing.
 * A CA whose key is lost cannot be made again silently: half a pair stops the start.
 */
export async function loadAuthority(dir: string, now: Date): Promise<Authority> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const { certificatePem: caPem, keyPem: caKeyPem } = await keptPair(dir, 'ca', () => makeCa(now))
  const caKey = await importSigningKey(caKeyPem)
  const caCertificate = new x509.X509Certificate(caPem)
  const ca = new X509Certificate(caPem)

  const { keyPem: packKeyPem, certificatePem: packPublicPem } = await keptPair(dir, 'pack', makePackKey)

  let server = await keptPair(dir, 'server', () => makeServer(caCertificate, caKey, now))

  return {
    caPem,
    ca,
    caDigest: createHash('sha256').update(ca.raw).digest(),
    packKey: createPrivateKey(packKeyPem),
    packPublicPem,

    async serverCertificate(at) {
      const current = new X509Certificate(server.certificatePem)
      const fitting = current.checkIssued(ca) && current.verify(ca.publicKey) && current.checkHost(hostname()) !== undefined
      if (!fitting || new Date(current.validTo).getTime() - at.getTime() < SERVER_RENEW_BEFORE_MS) {
        server = await makeServer(caCertificate, caKey, at)
        await keep(dir, 'server', server)
      }
      return { ...server, notAfter: new Date(new X509Certificate(server.certificatePem).validTo) }
    },

    async checkCertificateRequest(csr) {
      await keyOfRequest(csr)
    },

    async issueSensorCertificate({ csr, tenantId, sensorId, now: at }) {
      const publicKey = await keyOfRequest(csr)
      const notAfter = new Date(at.getTime() + SENSOR_CERTIFICATE_DAYS * DAY_MS)
      const certificate = await issue(caCertificate, caKey, {
        publicKey,
        subject: `CN=${sensorId}, O=Picket sensor`,
        notBefore: new Date(at.getTime() - BACKDATE_MS),
        notAfter,
        usage: x509.ExtendedKeyUsage.clientAuth,
        names: [{ type: 'url', value: sensorUri(tenantId, sensorId) }],
      })
      const pem = pemOf(certificate)
      return { pem, fingerprint: createHash('sha256').update(new X509Certificate(pem).raw).digest('hex'), notAfter: certificate.notAfter }
    },
  }
}

async function keyOfRequest(csr: Uint8Array): Promise<x509.PublicKey> {
  if (csr.length === 0 || csr.length > CSR_LIMIT_BYTES) throw new BadCertificateRequest(`a certificate request of ${csr.length} bytes`)
  try {
    const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csr))
    const algorithm: unknown = request.publicKey.algorithm
    if (!isP256(algorithm)) throw new BadCertificateRequest('the key must be P-256')
    if (!(await request.verify(crypto))) throw new BadCertificateRequest('the proof of possession does not hold')
    return request.publicKey
  } catch (cause) {
    if (cause instanceof BadCertificateRequest) throw cause
    throw new BadCertificateRequest('not a PKCS#10 certificate request', { cause })
  }
}

const isP256 = (algorithm: unknown): boolean =>
  typeof algorithm === 'object' && algorithm !== null && 'namedCurve' in algorithm && algorithm.namedCurve === 'P-256'

// The library leaves out the last line's end, and two of its PEMs in a row would not be two.
const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`

interface PemPair {
  readonly certificatePem: string
  readonly keyPem: string
}

async function makeCa(now: Date): Promise<PemPair> {
  const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomSerial(),
      name: 'CN=Picket hub CA, O=Picket',
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  )
  return { certificatePem: pemOf(certificate), keyPem: await exportKey(keys.privateKey) }
}

async function makeServer(ca: x509.X509Certificate, caKey: CryptoKey, now: Date): Promise<PemPair> {
  const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify'])
  const certificate = await issue(ca, caKey, {
    publicKey: keys.publicKey,
    subject: `CN=${HUB_SERVER_NAME}, O=Picket`,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + SERVER_DAYS * DAY_MS),
    usage: x509.ExtendedKeyUsage.serverAuth,
    names: [...[HUB_SERVER_NAME, 'localhost', hostname()].map((value) => ({ type: 'dns' as const, value })), { type: 'ip', value: '127.0.0.1' }],
  })
  return { certificatePem: pemOf(certificate), keyPem: await exportKey(keys.privateKey) }
}

interface Leaf {
  readonly publicKey: x509.PublicKeyType
  readonly subject: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly usage: x509.ExtendedKeyUsage
  readonly names: x509.JsonGeneralNames
}

const issue = async (ca: x509.X509Certificate, caKey: CryptoKey, leaf: Leaf): Promise<x509.X509Certificate> =>
  x509.X509CertificateGenerator.create(
    {
      serialNumber: randomSerial(),
      subject: leaf.subject,
      issuer: ca.subject,
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      signingAlgorithm: SIGNING,
      publicKey: leaf.publicKey,
      signingKey: caKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([leaf.usage]),
        new x509.SubjectAlternativeNameExtension(leaf.names),
        await x509.AuthorityKeyIdentifierExtension.create(ca, false, crypto),
      ],
    },
    crypto,
  )

// 127 random bits: the first bit stays 0 because a serial is a positive integer (RFC 5280, 4.1.2.2).
function randomSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function makePackKey(): Promise<PemPair> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return Promise.resolve({
    certificatePem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  })
}

const exportKey = async (key: CryptoKey): Promise<string> => x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

const importSigningKey = (pem: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }), SIGNING, false, ['sign'])

async function keptPair(dir: string, name: string, make: () => Promise<PemPair>): Promise<PemPair> {
  const [certificatePem, keyPem] = await Promise.all([readIfThere(join(dir, `${name}.pem`)), readIfThere(join(dir, `${name}.key`))])
  if (certificatePem !== undefined && keyPem !== undefined) return { certificatePem, keyPem }
  if (certificatePem !== undefined) throw new Error(`${join(dir, `${name}.pem`)} has no key beside it; restore ${name}.key from a backup`)
  const made = await make()
  await keep(dir, name, made)
  return made
}

// The key first: a crash in between leaves a key without a certificate, which is simply made again.
async function keep(dir: string, name: string, pair: PemPair): Promise<void> {
  await replaceFile(join(dir, `${name}.key`), pair.keyPem)
  await replaceFile(join(dir, `${name}.pem`), pair.certificatePem)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
