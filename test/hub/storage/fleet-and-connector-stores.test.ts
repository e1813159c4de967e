import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSecretBox } from '../../../hub/secrets/secret-box.ts'
import { createConnectorStore } from '../../../hub/storage/connector-store.ts'
import { createEnrollmentStore } from '../../../hub/storage/enrollment-store.ts'
import { createFleetStore } from '../../../hub/storage/fleet-store.ts'
import { createPipelineStore } from '../../../hub/storage/pipeline-store.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { createSignInStore } from '../../../hub/storage/sign-in-store.ts'
import { createTenantAdminStore } from '../../../hub/storage/tenant-admin-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { newTenant, plainBox } from '../../support/storage-builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

test('A2 of fifty who spend one token at once, one gets it; later, expired and unknown ones get nothing', async () => {
  const tenant = await newTenant(database.db)
  const fleet = createFleetStore(database.db)
  const enrollment = createEnrollmentStore(database.db)
  const tokenHash = createHash('sha256').update(randomUUID()).digest('hex')
  const expiresAt = new Date(Date.now() + 60_000)
  const token = await fleet.createToken(tenant, { tokenHash, name: 'branch', expiresAt, createdBy: 'ana' })
  expect(await enrollment.spendToken(tokenHash, expiresAt)).toBeUndefined()
  const answers = await Promise.all(Array.from({ length: 50 }, () => enrollment.spendToken(tokenHash, new Date())))
  expect(answers.filter(Boolean)).toEqual([{ tenantId: tenant.tenantId, tokenId: token.id, name: 'branch' }])
  expect(await enrollment.spendToken(tokenHash, new Date())).toBeUndefined()
  expect(await enrollment.spendToken('0'.repeat(64), new Date())).toBeUndefined()
})

test('a sensor is led to its tenant by its id, and its revocation shows there with the first time', async () => {
  const tenant = await newTenant(database.db)
  const fleet = createFleetStore(database.db)
  const enrollment = createEnrollmentStore(database.db)
  expect(await enrollment.findSensor(tenant.sensorId)).toEqual({ tenantId: tenant.tenantId, revokedAt: undefined })
  expect(await enrollment.findSensor(randomUUID())).toBeUndefined()
  const at = new Date(Date.now() - 5_000)
  expect(await fleet.revoke(tenant, tenant.sensorId, at)).toBe(true)
  expect(await fleet.revoke(tenant, tenant.sensorId, new Date())).toBe(true)
  expect(await enrollment.findSensor(tenant.sensorId)).toEqual({ tenantId: tenant.tenantId, revokedAt: at })
})

test('pack numbers grow per tenant, and the same content keeps its number', async () => {
  const tenant = await newTenant(database.db)
  const fleet = createFleetStore(database.db)
  expect(await fleet.nextPackVersion(tenant, tenant.sensorId, 'a')).toEqual({ version: 1, changed: true })
  expect(await fleet.nextPackVersion(tenant, tenant.sensorId, 'a')).toEqual({ version: 1, changed: false })
  const numbers = await Promise.all(['b', 'c', 'd', 'e'].map((digest) => fleet.nextPackVersion(tenant, tenant.sensorId, digest)))
  expect(numbers.map(({ version }) => version).sort()).toEqual([2, 3, 4, 5])
  // Back to what it was is a change too: a version never goes back.
  expect(await fleet.nextPackVersion(tenant, tenant.sensorId, 'a')).toEqual({ version: 6, changed: true })
})

test('what a sensor reports is shown, and a refusal does not outlive the next state', async () => {
  const tenant = await newTenant(database.db)
  const fleet = createFleetStore(database.db)
  const at = new Date()
  await fleet.seen(tenant, tenant.sensorId, { at, heartbeat: { waiting: 3, odd: 'nul \0' } })
  await fleet.seen(tenant, tenant.sensorId, { at: new Date(at.getTime() - 10_000) })
  await fleet.packReport(tenant, tenant.sensorId, { at, offeredVersion: 4, runningVersion: 3, state: 'refused', reason: 'rollback', detail: '3 < 4' })
  expect(await fleet.get(tenant, tenant.sensorId)).toMatchObject({
    lastSeenAt: at,
    heartbeat: { waiting: 3, odd: 'nul \0' },
    pack: { offeredVersion: 4, runningVersion: 3, state: 'refused', reason: 'rollback', detail: '3 < 4' },
  })
  await fleet.packReport(tenant, tenant.sensorId, { at, runningVersion: 4, state: 'active' })
  expect((await fleet.get(tenant, tenant.sensorId))?.pack).toEqual({
    offeredVersion: 4,
    runningVersion: 4,
    state: 'active',
    reason: undefined,
    detail: undefined,
    reportedAt: at,
  })
})

test('T33 a connector keeps its secrets sealed in the database and opens them only for its own place', async () => {
  const tenant = await newTenant(database.db)
  const connectors = createConnectorStore(database.db, plainBox)
  const config = { port: 8088, token: 'canary-4711-canary', tls_key: undefined }
  const created = await connectors.create(tenant, { name: 'push', type: 'http', enabled: true, config })
  expect(created).toMatchObject({
    config: { port: 8088, token: 'canary-4711-canary' },
    version: 1,
    state: { status: 'unknown', consecutiveFailures: 0 },
  })
  const other = await connectors.create(tenant, { name: 'other', type: 'http', enabled: true, config: { token: 'another-secret-0815' } })
  const { rows } = await database.superuser.query('select config::text, secrets::text from connectors where id = $1', [created.id])
  expect(rows[0].config).toBe('{"port":8088}')
  expect(JSON.parse(rows[0].secrets)).toEqual({ token: plainBox.seal('"canary-4711-canary"', `${tenant.tenantId}|${created.id}|token`) })
  // Moved to another connector it does not open.
  await database.superuser.query('update connectors set secrets = $1 where id = $2', [rows[0].secrets, other.id])
  await expect(connectors.get(tenant, other.id)).rejects.toThrow(/opened for/)
})

test('with another secrets key a connector is still there, without its secret, and a new one makes it whole', async () => {
  const tenant = await newTenant(database.db)
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'picket-secrets-')))
  try {
    const [before, after] = await Promise.all(folders.map(async (folder) => createConnectorStore(database.db, await createSecretBox(folder))))
    if (!before || !after) throw new Error('no stores')
    const { id } = await before.create(tenant, { name: 'in', type: 'http', enabled: true, config: { port: 8088, token: 'canary-4711-canary' } })
    expect(await after.list(tenant)).toMatchObject([{ id, config: { port: 8088 }, unreadable: ['token'] }])
    expect((await after.get(tenant, id))?.config).not.toHaveProperty('token')
    expect((await before.get(tenant, id))?.unreadable).toBeUndefined()
    const mended = await after.update(tenant, id, { config: { port: 8088, token: 'canary-4712-canary' } })
    expect([mended?.config, mended?.unreadable]).toEqual([{ port: 8088, token: 'canary-4712-canary' }, undefined])
    expect(await after.delete(tenant, id)).toBe(true)
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
})

test('a connector changes only where told, its clock and version move each time, and its sensor can be another', async () => {
  const tenant = await newTenant(database.db)
  const connectors = createConnectorStore(database.db, plainBox)
  const before = await connectors.create(tenant, { name: 'in', type: 'syslog', sensorId: tenant.sensorId, enabled: true, config: { udp_port: 5514 } })
  const renamed = await connectors.update(tenant, before.id, { name: 'renamed' })
  expect(renamed).toMatchObject({ name: 'renamed', sensorId: tenant.sensorId, enabled: true, config: { udp_port: 5514 }, version: 2 })
  expect(renamed?.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime())
  const off = await connectors.update(tenant, before.id, { enabled: false, config: { tcp_port: 5514 } })
  expect(off).toMatchObject({ name: 'renamed', enabled: false, config: { tcp_port: 5514 }, version: 3 })
  expect(await connectors.delete(tenant, before.id)).toBe(true)
  expect(await connectors.delete(tenant, before.id)).toBe(false)
  expect(await connectors.list(tenant)).toEqual([])
})

test('a connector report tells the status before, and its history holds changes and one point in five minutes', async () => {
  const tenant = await newTenant(database.db)
  const connectors = createConnectorStore(database.db, plainBox)
  const { id, state } = await connectors.create(tenant, { name: 'in', type: 'file', enabled: true, config: { paths: ['/var/log/auth.log'] } })
  const start = Date.UTC(2026, 0, 1)
  const report = (minutes: number, status: 'healthy' | 'unhealthy') =>
    connectors.report(tenant, id, {
      ...state,
      status,
      message: status,
      lastCheckAt: new Date(start + minutes * 60_000),
      eventsReceivedTotal: minutes,
    })
  expect(await report(0, 'healthy')).toEqual({ previous: 'unknown' })
  expect(await report(2, 'healthy')).toEqual({ previous: 'healthy' })
  expect(await report(3, 'unhealthy')).toEqual({ previous: 'healthy' })
  expect(await report(7, 'unhealthy')).toEqual({ previous: 'unhealthy' })
  expect(await report(8, 'unhealthy')).toEqual({ previous: 'unhealthy' })
  const history = await connectors.history(tenant, id, 10)
  expect(history.map(({ at, status }) => [(at.getTime() - start) / 60_000, status])).toEqual([
    [8, 'unhealthy'],
    [3, 'unhealthy'],
    [0, 'healthy'],
  ])
  expect(await connectors.history(tenant, id, 1)).toHaveLength(1)
  expect((await connectors.get(tenant, id))?.state).toMatchObject({
    status: 'unhealthy',
    eventsReceivedTotal: 8,
    lastCheckAt: new Date(start + 8 * 60_000),
  })
})

test('a user signs in by e-mail in any case, across tenants, and the login is remembered', async () => {
  const { tenantId } = await newTenant(database.db)
  const admin = createTenantAdminStore(database.db)
  const signIn = createSignInStore(database.db)
  const before = await admin.countUsers()
  const user = await admin.createUser({ tenantId, email: 'Zoe@Example.com', name: 'Zoe', role: 'tenant_admin', passwordHash: 'scrypt$1' })
  expect(await admin.countUsers()).toBe(before + 1)
  expect(await signIn.findByEmail('zoe@example.COM')).toEqual({ ...user, passwordHash: 'scrypt$1', disabled: false, lastLoginAt: undefined })
  const at = new Date()
  await signIn.recordLogin(user.id, at)
  expect((await signIn.findByEmail('zoe@example.com'))?.lastLoginAt).toEqual(at)
  for (const nobody of ['', '%', "' or 1=1 --", 'zoe@example.com\0']) expect(await signIn.findByEmail(nobody)).toBeUndefined()
  expect((await admin.listTenants()).some(({ id, name }) => id === tenantId && name === 'Acme')).toBe(true)
})

test('a rule keeps what was not changed, and every tenant is in the engine start list', async () => {
  const tenant = await newTenant(database.db)
  const rules = createRuleStore(database.db)
  expect(await rules.set(tenant, 'r', { edge: true })).toMatchObject({ ruleId: 'r', enabled: true, edge: true })
  expect(await rules.set(tenant, 'r', { enabled: false })).toMatchObject({ enabled: false, edge: true })
  expect(await rules.allSettings()).toContainEqual({ tenantId: tenant.tenantId, setting: (await rules.settings(tenant))[0] })
  expect(await rules.set(tenant, 'r', { level: 'low' })).toMatchObject({ level: 'low', enabled: false, edge: true })
  expect(await rules.allSettings()).toContainEqual({ tenantId: tenant.tenantId, setting: (await rules.settings(tenant))[0] })
  expect((await rules.set(tenant, 'r', { level: null })).level).toBeUndefined()
})

test('pipeline minutes add up, per connector and step', async () => {
  const tenant = await newTenant(database.db)
  const pipeline = createPipelineStore(database.db)
  const start = Date.UTC(2026, 0, 1)
  const zero = { received: 0, failed: 0, bytes: 0, stored: 0, matched: 0, alerts: 0, normalizeP50: 0, normalizeP95: 0, normalizeP99: 0, lag: 0 }
  const minute = (n: number) => new Date(start + n * 60_000)
  await pipeline.add(tenant, [
    { ...zero, minute: minute(0), connectorId: 'a', received: 5, normalizeP99: 4, lag: 9 },
    { ...zero, minute: minute(0), connectorId: 'a', received: 1, normalizeP99: 2, lag: 3 },
    { ...zero, minute: minute(1), received: 10 },
  ])
  await pipeline.add(tenant, [{ ...zero, minute: minute(0), connectorId: 'a', received: 2, lag: 1 }])
  const range = { from: minute(0), to: minute(60) }
  expect(await pipeline.series(tenant, { ...range, intervalSeconds: 60, connectorId: 'a' })).toEqual([
    { ...zero, minute: minute(0), connectorId: 'a', received: 8, normalizeP99: 4, lag: 1 },
  ])
  expect(await pipeline.series(tenant, { ...range, intervalSeconds: 300 })).toEqual([
    { ...zero, minute: minute(0), connectorId: undefined, received: 18, normalizeP99: 4, lag: 1 },
  ])
})
