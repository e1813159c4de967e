import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { loadAuthority } from '../../../hub/fleet/authority.ts'
import { makeCertificateRequest } from '../../../sensor/uplink/enroll.ts'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { newEpoch, openUplink } from '../../support/sensor-client.ts'

const DAY_MS = 86_400_000
let hub: Awaited<ReturnType<typeof startIngestHub>>
beforeAll(async () => {
  hub = await startIngestHub()
})
afterEach(() => {
  hub.time.offsetMs = 0
})
afterAll(() => hub.stop())

/** Opens the uplink, says hello, and tells why it was refused. */
async function refusalOf(identity: Parameters<typeof openUplink>[1]) {
  const uplink = openUplink(hub.port, identity)
  uplink.hello().catch(() => undefined)
  const ended = await uplink.ended
  expect(uplink.received.filter(({ welcome }) => welcome)).toEqual([])
  return { kind: uplink.received[0]?.refusal?.kind, code: ended.code, word: ended.details.split(':')[0] }
}

test('the uplink takes nobody without a certificate', async () => {
  expect(await refusalOf({ caPem: hub.caPem })).toEqual({ kind: 'UNKNOWN', code: status.PERMISSION_DENIED, word: 'UNKNOWN' })
})

test('a certificate of another CA is nobody, also when it carries the right names and the right issuer name', async () => {
  const sensor = await hub.enrolled()
  const dir = await mkdtemp(join(tmpdir(), 'picket-foreign-'))
  const foreign = await loadAuthority(dir, new Date())
  const { csr, keyPem } = makeCertificateRequest()
  const { pem } = await foreign.issueSensorCertificate({ csr, tenantId: sensor.tenantId, sensorId: sensor.sensorId, now: new Date() })
  expect(await refusalOf({ caPem: hub.caPem, certificatePem: pem, keyPem })).toMatchObject({ kind: 'UNKNOWN' })
  await rm(dir, { recursive: true })
})

test('a certificate whose tenant and sensor do not belong together is nobody', async () => {
  const [one, other] = [await hub.enrolled(), await hub.enrolled()]
  const { csr, keyPem } = makeCertificateRequest()
  const { pem } = await hub.authority.issueSensorCertificate({ csr, tenantId: other.tenantId, sensorId: one.sensorId, now: new Date() })
  expect(await refusalOf({ caPem: hub.caPem, certificatePem: pem, keyPem })).toMatchObject({ kind: 'UNKNOWN' })
})

test("the hub's own server certificate opens no uplink", async () => {
  const { certificatePem, keyPem } = await hub.authority.serverCertificate(new Date())
  expect(await refusalOf({ caPem: hub.caPem, certificatePem, keyPem })).toMatchObject({ kind: 'UNKNOWN' })
})

test('T16 an expired certificate is told so, one from the future is a matter of clocks', async () => {
  const sensor = await hub.enrolled()
  hub.time.offsetMs = 31 * DAY_MS
  expect(await refusalOf(sensor)).toEqual({ kind: 'EXPIRED', code: status.PERMISSION_DENIED, word: 'EXPIRED' })
  hub.time.offsetMs = -DAY_MS
  expect(await refusalOf(sensor)).toMatchObject({ kind: 'CLOCK_SKEW' })
  hub.time.offsetMs = 0
  const uplink = openUplink(hub.port, sensor)
  await uplink.hello()
  uplink.close()
})

test('T16 a certificate that is expired for OpenSSL too is still told apart from a stranger', async () => {
  const sensor = await hub.enrolled()
  const { csr, keyPem } = makeCertificateRequest()
  const long = { csr, tenantId: sensor.tenantId, sensorId: sensor.sensorId, now: new Date(Date.now() - 40 * DAY_MS) }
  const { pem } = await hub.authority.issueSensorCertificate(long)
  expect(await refusalOf({ caPem: hub.caPem, certificatePem: pem, keyPem })).toMatchObject({ kind: 'EXPIRED' })
})

test('A3 revocation ends an open stream at once and the certificate opens no other', async () => {
  const sensor = await hub.enrolled()
  const uplink = openUplink(hub.port, sensor)
  await uplink.hello()
  expect(hub.fleet.isConnected(sensor.sensorId)).toBe(true)
  expect(await hub.fleet.revoke({ tenantId: 'someone else' }, sensor.sensorId)).toBe(false)
  expect(hub.fleet.isConnected(sensor.sensorId)).toBe(true)
  expect(await hub.fleet.revoke({ tenantId: sensor.tenantId }, sensor.sensorId)).toBe(true)
  expect(await uplink.refused()).toMatchObject({ kind: 'REVOKED' })
  expect((await uplink.ended).details).toMatch(/^REVOKED/)
  expect(hub.fleet.isConnected(sensor.sensorId)).toBe(false)
  expect(await refusalOf(sensor)).toMatchObject({ kind: 'REVOKED' })
})

test('T17 the newest of two streams wins, but two that keep ousting each other are reported and the newcomer is refused', async () => {
  const sensor = await hub.enrolled()
  const tenant = { tenantId: sensor.tenantId }
  const connector = await hub.connectors.store.create(tenant, { name: 'c', type: 'syslog', sensorId: sensor.sensorId, enabled: true, config: {} })
  const first = openUplink(hub.port, sensor)
  await first.hello()
  const second = openUplink(hub.port, sensor)
  await second.hello()
  expect(await first.refused()).toMatchObject({ kind: 'DUPLICATE' })
  const third = openUplink(hub.port, sensor)
  await third.hello()
  expect(await second.refused()).toMatchObject({ kind: 'DUPLICATE' })

  expect(await refusalOf(sensor)).toMatchObject({ kind: 'DUPLICATE' })
  const epoch = newEpoch()
  await third.sendBatch({ epoch, first: 1, last: 1 })
  await third.acked(epoch, 1)
  third.send({ heartbeat: { connectors: [{ connectorId: connector.id, status: 'healthy' }] } })
  await expect
    .poll(() => hub.connectors.rows.get(connector.id)?.state)
    .toMatchObject({ status: 'degraded', message: expect.stringContaining('two sensors') })
  expect(hub.lines.some((line) => line.includes('two sensors use one identity'))).toBe(true)
  third.close()
})

test('a reconnect that finds a dead stream takes its place without suspicion', async () => {
  const sensor = await hub.enrolled()
  for (let n = 0; n < 6; n++) {
    const uplink = openUplink(hub.port, sensor)
    await uplink.hello()
    // Nothing is heard from it any more, as after a cable was pulled.
    hub.time.offsetMs += 20_000
  }
  const last = openUplink(hub.port, sensor)
  await last.hello()
  last.close()
})

test('a key that is not P-256 gets no certificate', async () => {
  const { createCertificateRequest } = await import('../../../sensor/uplink/csr.ts')
  const csr = createCertificateRequest(generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'x')
  await expect(hub.authority.checkCertificateRequest(csr)).rejects.toMatchObject({ code: 'BAD_CSR' })
})
