import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enroll, parseHubAddress } from '../../../sensor/uplink/enroll.ts'
import { readIdentity, writeIdentity } from '../../../sensor/uplink/identity.ts'
import { createTestAuthority } from '../../support/certificates.ts'
import { type FakeHub, startFakeHub } from '../../support/fake-hub.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'

let hub: FakeHub
let dir: string
const host = { hostname: 'edge-1' }

beforeAll(async () => {
  hub = await startFakeHub()
  dir = await mkdtemp(join(tmpdir(), 'picket-enroll-'))
})
afterAll(async () => {
  hub.close()
  await rm(dir, { recursive: true })
})

const attempt = (changes: { token?: string; hubAddress?: string } = {}) =>
  enroll({ hubAddress: hub.address, token: hub.makeToken(), host, ...changes })

test('a token becomes an identity: a certificate for a key made here, and the keys that may sign packs', async () => {
  const identity = await attempt()
  const certificate = new X509Certificate(identity.certificatePem)
  expect(certificate.checkPrivateKey(createPrivateKey(identity.keyPem))).toBe(true)
  expect(createPublicKey(identity.keyPem).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  expect(certificate.verify(new X509Certificate(identity.caPem).publicKey)).toBe(true)
  expect(identity.packKeysPem).toEqual([hub.packKey.publicPem])
})

test('A26 the identity is kept in one file only its user may read', async () => {
  const identity = await attempt()
  await writeIdentity(dir, identity)
  expect(await readIdentity(dir)).toEqual(identity)
  expect((await stat(join(dir, 'identity.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(dir)).mode & 0o777).toBe(0o700)
})

test('a token works once', async () => {
  const token = hub.makeToken()
  await attempt({ token })
  await expect(attempt({ token })).rejects.toThrow(/refused the token \(used token\)/)
})

test.each(['expired', 'used'] as const)('an %s token is refused in words that say so', async (state) => {
  await expect(attempt({ token: hub.makeToken(state) })).rejects.toMatchObject({
    code: 'enrollment_refused',
    message: expect.stringContaining(`${state} token`),
  })
})

test('a text that is no token is refused before anything is sent', async () => {
  await expect(attempt({ token: 'hunter2' })).rejects.toMatchObject({ code: 'bad_token' })
})

test('a server with another CA never sees the token', async () => {
  const impostor = await startFakeHub({ authority: await createTestAuthority('Impostor') })
  try {
    const token = hub.makeToken()
    await expect(attempt({ token, hubAddress: impostor.address })).rejects.toMatchObject({ code: 'wrong_hub' })
    // Still fresh: the real hub takes it.
    await attempt({ token })
  } finally {
    impostor.close()
  }
})

test('a server that shows the right CA but a certificate of another is refused', async () => {
  const impostorAuthority = await createTestAuthority('Impostor')
  const { chainPem, keyPem } = await impostorAuthority.issueServer()
  const mixed = { ...hub.authority, issueServer: async () => ({ chainPem: chainPem.replace(impostorAuthority.caPem, hub.authority.caPem), keyPem }) }
  const impostor = await startFakeHub({ authority: mixed })
  try {
    await expect(attempt({ hubAddress: impostor.address })).rejects.toThrow()
    expect(impostor.seen.certificates).toEqual([])
  } finally {
    impostor.close()
  }
})

test('a port nobody listens on is named', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await new Promise((resolve) => server.close(resolve))
  await expect(attempt({ hubAddress: `127.0.0.1:${port}` })).rejects.toMatchObject({
    code: 'hub_unreachable',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  })
})

test('a connection reset in the handshake is a hub out of reach', async () => {
  const proxy = await startFaultProxy({ host: '127.0.0.1', port: hub.port })
  proxy.set('rst')
  await expect(attempt({ hubAddress: `127.0.0.1:${proxy.port}` })).rejects.toMatchObject({ code: 'hub_unreachable' })
  await proxy.close()
})

test.each([
  ['hub.example.com', 'hub.example.com:8443'],
  ['hub:9000', 'hub:9000'],
  ['[::1]:8443', '[::1]:8443'],
])('%s is dialled as %s', (given, dialled) => {
  expect(parseHubAddress(given).text).toBe(dialled)
})

test.each(['', 'https://hub', 'hub:0', 'hub:70000', 'a b'])('"%s" is no hub address', (given) => {
  expect(() => parseHubAddress(given)).toThrow(/is not a hub address/)
})

test('a damaged identity is named, not repaired', async () => {
  await writeFile(join(dir, 'identity.json'), '{"sensorId":')
  await expect(readIdentity(dir)).rejects.toMatchObject({ code: 'bad_identity' })
})
