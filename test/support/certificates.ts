import 'reflect-metadata'
import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const pkcs8 = async (key: CryptoKey) => x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
const serial = () => `40${randomBytes(15).toString('hex')}`

/** A certificate authority for tests, as a hub has one: real certificates, any life time. */
export async function createTestAuthority(name = 'Test CA') {
  const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial(),
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 86_400_000),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  )
  const issue = async (publicKey: x509.PublicKeyType, subject: string, lifeMs: number, names: x509.JsonGeneralNames) =>
    x509.X509CertificateGenerator.create(
      {
        serialNumber: serial(),
        subject,
        issuer: ca.subject,
        notBefore: new Date(Date.now() - 1_000),
        notAfter: new Date(Date.now() + lifeMs),
        signingAlgorithm: SIGNING,
        publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension(names), await x509.AuthorityKeyIdentifierExtension.create(ca, false, crypto)],
      },
      crypto,
    )
  const caPem = ca.toString('pem')
  return {
    caPem,
    caDigest: createHash('sha256').update(new X509Certificate(caPem).raw).digest(),

    async issueServer() {
      const pair = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify'])
      const certificate = await issue(pair.publicKey, 'CN=picket-hub', 86_400_000, [{ type: 'dns', value: 'picket-hub' }])
      // The chain carries the CA: a sensor that enrols compares it with its token.
      return { chainPem: `${certificate.toString('pem')}\n${caPem}\n`, keyPem: await pkcs8(pair.privateKey) }
    },

    /** @throws where the request does not prove that it has the key */
    async issueClient(csr: Uint8Array, sensorId: string, lifeMs: number): Promise<string> {
      const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csr))
      if (!(await request.verify(crypto))) throw new Error('no proof of possession')
      const certificate = await issue(request.publicKey, `CN=${sensorId}`, lifeMs, [{ type: 'url', value: `spiffe://picket/t/test/s/${sensorId}` }])
      return certificate.toString('pem')
    },
  }
}

export type TestAuthority = Awaited<ReturnType<typeof createTestAuthority>>

export const generatePackKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}
