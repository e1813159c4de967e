import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { createAlerts } from '../../hub/alerts/alerts.ts'
import { createCursors } from '../../hub/api/cursors.ts'
import { createHttpMetrics } from '../../hub/api/metrics.ts'
import { serveHttp } from '../../hub/api/serve.ts'
import { createConnectors } from '../../hub/connectors/connectors.ts'
import { createBacktests } from '../../hub/detection/backtest/backtests.ts'
import { createRuleContent } from '../../hub/detection/content/rule-content.ts'
import { createDetection } from '../../hub/detection/detection.ts'
import { type Fleet, SensorOffline } from '../../hub/fleet/contract.ts'
import type { ConnectorCheck } from '../../hub/fleet/ports.ts'
import { createIdentity } from '../../hub/identity/identity.ts'
import { hashPassword } from '../../hub/identity/passwords.ts'
import type { Role } from '../../hub/identity/ports.ts'
import { loadSigningKey } from '../../hub/identity/signing-key.ts'
import { createLive } from '../../hub/live/live.ts'
import { createPipelineMeter } from '../../hub/pipeline/meter.ts'
import { createAlertStore } from '../../hub/storage/alert-store.ts'
import { createBacktestStore } from '../../hub/storage/backtest-store.ts'
import { createConnectorStore } from '../../hub/storage/connector-store.ts'
import { createExceptionStore } from '../../hub/storage/exception-store.ts'
import { createFleetStore } from '../../hub/storage/fleet-store.ts'
import { createIngestStore } from '../../hub/storage/ingest-store.ts'
import { createPipelineStore } from '../../hub/storage/pipeline-store.ts'
import { createRuleContentDirectory } from '../../hub/storage/rule-content-directory.ts'
import { createRuleStore } from '../../hub/storage/rule-store.ts'
import { createSignInStore } from '../../hub/storage/sign-in-store.ts'
import { createTenantAdminStore } from '../../hub/storage/tenant-admin-store.ts'
import { createTenantRuleStore } from '../../hub/storage/tenant-rule-store.ts'
import { createTimelineStore } from '../../hub/storage/timeline-store.ts'
import { createValueListStore } from '../../hub/storage/value-list-store.ts'
import { createTimeline } from '../../hub/timeline/timeline.ts'
import { createLogger } from '../../shared/log.ts'
import { startTestDatabase } from './postgres.ts'
import { addSensor } from './storage-builders.ts'

export const PASSWORD = 'correct horse battery staple'

export const POWERSHELL_RULE = '11111111-1111-4111-8111-111111111111'
export const SSH_RULE = '22222222-2222-4222-8222-222222222222'

const RULES = `title: Encoded PowerShell
id: ${POWERSHELL_RULE}
status: stable
level: high
description: PowerShell with an encoded command.
author: Picket tests
date: 2024-03-05
modified: 2024-04-06
references: ['https://attack.mitre.org/techniques/T1059/001/']
tags: [attack.execution, attack.t1059.001]
logsource: { product: windows, category: process_creation }
detection:
  selection: { CommandLine|contains: ' -enc ' }
  condition: selection
falsepositives: [Deployment tools]
---
title: Failed SSH sign-in
id: ${SSH_RULE}
status: experimental
level: low
description: Somebody failed to sign in.
author: Picket tests
date: 2024-05-07
tags: [attack.credential_access, attack.t1110]
logsource: { product: linux, service: sshd }
detection:
  keywords: ['Failed password']
  condition: keywords
`

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer's JSON as it comes
  readonly json: any
  readonly text: string
}

export type HubApi = Awaited<ReturnType<typeof startHubApi>>

/**
 * The hub's API over HTTP with its real stores, rules and meter, and two tenants. Only the sensors are played: a sensor counts as
 * connected while its id is in `connected`, and answers a test with `checks`.
 */
export async function startHubApi({
  metricsMs = 200,
  consoleFiles = {} as Record<string, string>,
  metricsToken = undefined as string | undefined,
} = {}) {
  const database = await startTestDatabase()
  const { db } = database
  const folder = mkdtempSync(join(tmpdir(), 'picket-api-'))
  const lines: string[] = []
  const log = createLogger({ level: 'trace', pretty: false, write: (line) => void lines.push(line) })
  const clock = { offsetMs: 0, monotonicMs: 1_000_000 }
  const now = () => new Date(Date.now() + clock.offsetMs)
  const report = (error: unknown) => log.error({ err: error }, 'a part failed')

  const fleetStore = createFleetStore(db)
  const connected = new Set<string>()
  const changed: string[] = []
  const tested: { sensorId: string; kind: string; config: object }[] = []
  const checks: ConnectorCheck[] = []
  const fleet: Fleet = {
    async createEnrollmentToken(tenant, { name, validForMs, createdBy }) {
      const token = `pkt1.${randomBytes(16).toString('base64url')}`
      const made = await fleetStore.createToken(tenant, {
        tokenHash: randomUUID(),
        name,
        expiresAt: new Date(now().getTime() + validForMs),
        createdBy,
      })
      return { id: made.id, token, expiresAt: made.expiresAt }
    },
    isConnected: (sensorId) => connected.has(sensorId),
    async testSource(_tenant, sensorId, { kind, config }) {
      if (!connected.has(sensorId)) throw new SensorOffline('The sensor is not connected.')
      tested.push({ sensorId, kind, config })
      return checks
    },
    async configurationChanged({ tenantId }) {
      changed.push(tenantId)
    },
    revoke: (tenant, sensorId) => fleetStore.revoke(tenant, sensorId, now()),
  }

  const workerScript = join(folder, 'worker.mjs')
  buildSync({
    entryPoints: [fileURLToPath(new URL('../../hub/detection/worker.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: workerScript,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  const ruleStore = createRuleStore(db)
  const detection = await createDetection({
    files: [{ file: 'tests.yml', text: RULES }],
    workerScript,
    workers: 1,
    store: ruleStore,
    now,
    warn: (message) => log.warn(message),
  })

  const ruleContent = createRuleContent({
    engine: detection,
    directory: createRuleContentDirectory(db),
    settings: ruleStore,
    rules: createTenantRuleStore(db),
    exceptions: createExceptionStore(db),
    valueLists: createValueListStore(db),
    workerScript,
    now,
    warn: (message) => log.warn(message),
  })
  const backtests = createBacktests({
    store: createBacktestStore(db),
    content: ruleContent,
    view: (tenantId) => detection.view(tenantId),
    workerScript,
    now,
    warn: (message) => log.warn(message),
  })

  const live = createLive(report)
  const pipelineStore = createPipelineStore(db)
  const meter = createPipelineMeter({ store: pipelineStore, now, monotonicMs: () => clock.monotonicMs, report })
  const admin = createTenantAdminStore(db)
  const key = await loadSigningKey(join(folder, 'jwt'))
  const alertStore = createAlertStore(db)
  const box = { seal: (plain: string) => Buffer.from(plain).toString('base64'), open: (sealed: string) => Buffer.from(sealed, 'base64').toString() }
  const connectorStore = createConnectorStore(db, box)
  const bundle = join(folder, 'picket-sensor.mjs')
  writeFileSync(bundle, '// the sensor\n')
  const consoleDir = Object.keys(consoleFiles).length > 0 ? join(folder, 'console') : undefined
  if (consoleDir !== undefined) {
    const { mkdirSync } = await import('node:fs')
    mkdirSync(consoleDir)
    for (const [name, text] of Object.entries(consoleFiles)) writeFileSync(join(consoleDir, name), text)
  }
  const notReady: string[] = []
  const metrics = createHttpMetrics()
  const identity = createIdentity({
    store: createSignInStore(db),
    tenantName: async (tenantId) => (await admin.listTenants()).find((tenant) => tenant.id === tenantId)?.name ?? '',
    key,
    now,
  })
  const server = await serveHttp({
    parts: {
      identity,
      alerts: createAlerts(alertStore, live, now),
      alertSummary: alertStore.summary,
      connectors: createConnectors({ store: connectorStore, sensors: fleetStore, fleet, meter }),
      fleet,
      fleetStore,
      detection,
      ruleStore,
      ruleContent,
      backtests,
      timeline: createTimeline(createTimelineStore(db)),
      meter,
      pipelineStore,
      cursors: createCursors(key.deriveSecret('cursors')),
      site: { grpcPort: 8443, sensorBundle: { path: bundle, sha256: 'a'.repeat(64) } },
      now,
      startedAt: now(),
      log,
    },
    metrics,
    notReady: async () => notReady,
    metricsToken,
    consoleDir,
    live,
    port: 0,
    host: '127.0.0.1',
    metricsMs,
  })
  const url = `http://127.0.0.1:${server.port}`

  const request = async (
    method: string,
    path: string,
    { token, body, headers = {} }: { token?: string | undefined; body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('Content-Type') ?? '')
    const answer: Answer = { status: response.status, headers: response.headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined }
    return answer
  }

  const passwordHash = await hashPassword(PASSWORD)
  const makeTenant = async (name: string) => {
    const { id: tenantId } = await admin.createTenant(name)
    const sensorId = randomUUID()
    await addSensor(db, { tenantId }, sensorId)
    const signIn = async (role: Role) => {
      const email = `${role}@${name.toLowerCase()}.example`
      await admin.createUser({ tenantId, email, name: `${role} of ${name}`, role, passwordHash })
      const { json } = await request('POST', '/v1/auth/login', { body: { email, password: PASSWORD } })
      return { email, token: String(json.access_token) }
    }
    const people = { admin: await signIn('tenant_admin'), analyst: await signIn('analyst'), viewer: await signIn('viewer') }
    const as =
      ({ token }: { token: string }) =>
      (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
        request(method, path, { token, body, ...(headers ? { headers } : {}) })
    return { tenantId, name, sensorId, ...people, call: as(people.admin), as }
  }
  const a = await makeTenant('Alpha')
  const b = await makeTenant('Beta')

  return {
    url,
    request,
    a,
    b,
    clock,
    lines,
    live,
    meter,
    fleet: { connected, changed, tested, checks },
    fleetStore,
    connectorStore,
    ingest: createIngestStore(db),
    admin,
    detection,
    ruleStore,
    ruleContent,
    backtests,
    db,
    workerScript,
    key,
    notReady,
    passwordHash,
    /** PostgreSQL goes away, as in an outage. */
    stopDatabase: () => database.server.stop(),
    async close() {
      await server.close()
      await backtests.close()
      await ruleContent.close()
      await meter.close()
      await detection.close()
      await database.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
