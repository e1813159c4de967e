import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadAuthority, sensorUri } from '../../../hub/fleet/authority.ts'
import { makeCertificateRequest } from '../../../sensor/uplink/enroll.ts'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { enrollClient, openUplink, renewClient } from '../../support/sensor-client.ts'

let hub: Awaited<ReturnType<typeof startIngestHub>>
beforeAll(async () => {
  hub = await startIngestHub()
})
afterAll(() => hub.stop())

const TENANT = '6f1a1d8e-9c52-4c57-8f8f-0d9a3f0c1111'
const DAY_MS = 86_400_000

test('a token buys one certificate, with names set by the hub', async () => {
  const identity = await enrollClient(hub, await hub.tokenFor(TENANT))
  const certificate = new X509Certificate(identity.certificatePem)
  expect(certificate.subjectAltName).toBe(`URI:${sensorUri(TENANT, identity.sensorId)}`)
  expect(certificate.subject).not.toContain('picket-sensor')
  expect(certificate.ca).toBe(false)
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  expect(certificate.verify(new X509Certificate(identity.caPem).publicKey)).toBe(true)
  const days = (new Date(certificate.validTo).getTime() - Date.now()) / DAY_MS
  expect(days).toBeGreaterThan(29.9)
  expect(days).toBeLessThanOrEqual(30)
  expect(hub.fleetStore.sensors.get(identity.sensorId)).toMatchObject({ tenantId: TENANT, name: 'branch', hostname: 'test-host' })
})

test('T33 neither a token nor a key reaches the log, whether the enrolment works or not', async () => {
  const token = await hub.tokenFor(TENANT)
  const secret = token.split('.')[1] ?? ''
  const identity = await enrollClient(hub, token)
  await enrollClient(hub, token).catch(() => undefined)
  const log = hub.lines.join('\n')
  expect(log).toContain('sensor enrolled')
  expect(log).not.toContain(secret)
  expect(log).not.toContain('PRIVATE KEY')
  expect(log).not.toContain(identity.certificatePem.slice(40, 80))
})

test('A2 of fifty at once with one token, one wins', async () => {
  const token = await hub.tokenFor(TENANT)
  // Ten connections at a time would do too; the bound on failures per address is looked at in a test of its own.
  const fifty = await Promise.allSettled(Array.from({ length: 50 }, () => hub.fleet.enroll({ token, csr: makeCertificateRequest().csr })))
  expect(fifty.filter((each) => each.status === 'fulfilled')).toHaveLength(1)
  const over = await Promise.allSettled(Array.from({ length: 10 }, () => enrollClient(hub, token)))
  expect(over.every((each) => each.status === 'rejected' && each.reason.code === status.UNAUTHENTICATED)).toBe(true)
})

test('A2 an expired, unknown or mangled token gets the same answer', async () => {
  const expired = await hub.tokenFor(TENANT, -1)
  const good = await hub.tokenFor(TENANT)
  const answers = await Promise.all(
    [expired, `${good.slice(0, 10)}AAAA${good.slice(14)}`, 'pkt1.x.y', ''].map((token) => enrollClient(hub, token).catch((error) => error.message)),
  )
  expect(new Set(answers).size).toBe(1)
  await expect(enrollClient(hub, good)).resolves.toBeDefined()
})

test('a certificate request without proof of possession is refused and does not burn the token', async () => {
  const token = await hub.tokenFor(TENANT)
  const { csr } = makeCertificateRequest()
  const forged = Buffer.from(csr)
  // Inside the signature's last integer.
  forged[forged.length - 3] = (forged.at(-3) ?? 0) ^ 0x01
  await expect(enrollClient(hub, token, { csr: forged })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  await expect(enrollClient(hub, token, { csr: Buffer.alloc(100_000) })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  await expect(enrollClient(hub, token)).resolves.toBeDefined()
})

test('T16 a sensor renews with the certificate it has; without one it cannot', async () => {
  const sensor = await hub.enrolled(TENANT)
  const { csr, keyPem } = makeCertificateRequest()
  const renewed = await renewClient(hub.port, sensor, csr)
  expect(renewed.sensorId).toBe(sensor.sensorId)
  const uplink = openUplink(hub.port, { caPem: hub.caPem, certificatePem: renewed.certificatePem ?? '', keyPem })
  await uplink.hello()
  uplink.close()
  expect(hub.fleetStore.sensors.get(sensor.sensorId)?.certificateFingerprint).toBe(
    new X509Certificate(renewed.certificatePem ?? '').fingerprint256.replaceAll(':', '').toLowerCase(),
  )
  await expect(renewClient(hub.port, { caPem: hub.caPem })).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
    details: expect.stringMatching(/^UNKNOWN/),
  })
})

test('the authority outlives a restart; its files are for the hub alone; half a pair stops the start', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'picket-pki-'))
  const pki = join(dir, 'pki')
  const first = await loadAuthority(pki, new Date())
  const server = await first.serverCertificate(new Date())
  const again = await loadAuthority(pki, new Date())
  expect(again.caPem).toBe(first.caPem)
  expect(again.packPublicPem).toBe(first.packPublicPem)
  expect((await again.serverCertificate(new Date())).certificatePem).toBe(server.certificatePem)
  expect((await stat(pki)).mode & 0o777).toBe(0o700)
  for (const file of await readdir(pki)) expect((await stat(join(pki, file))).mode & 0o777, file).toBe(0o600)

  const later = await again.serverCertificate(new Date(Date.now() + 380 * DAY_MS))
  expect(later.certificatePem).not.toBe(server.certificatePem)
  expect(new X509Certificate(later.certificatePem).subjectAltName).toContain('DNS:picket-hub')

  await unlink(join(pki, 'ca.key'))
  await expect(loadAuthority(pki, new Date())).rejects.toThrow('ca.key')
  await rm(dir, { recursive: true })
})

test('A10 an address that fails again and again is made to wait', async () => {
  const own = await startIngestHub()
  try {
    const codes: number[] = []
    for (let n = 0; n < 40; n++)
      codes.push(
        await enrollClient(own, 'pkt1.wrong').then(
          () => 0,
          (error) => error.code,
        ),
      )
    expect(codes[0]).toBe(status.UNAUTHENTICATED)
    expect(codes.at(-1)).toBe(status.RESOURCE_EXHAUSTED)
  } finally {
    await own.stop()
  }
})
