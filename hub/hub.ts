import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { HOUR_MS } from '../shared/durations.ts'
import { ExpectedError, messageOf } from '../shared/errors.ts'
import type { Logger } from '../shared/log.ts'
import { readPlaceholders } from '../shared/sigma/sigma.ts'
import { createAlerts } from './alerts/alerts.ts'
import { createCursors } from './api/cursors.ts'
import { createHttpMetrics } from './api/metrics.ts'
import type { Parts } from './api/parts.ts'
import { serveHttp } from './api/serve.ts'
import type { Assets } from './assets.ts'
import type { HubConfig } from './config.ts'
import { type Connectors, createConnectors } from './connectors/connectors.ts'
import { createBacktests } from './detection/backtest/backtests.ts'
import { createRuleContent } from './detection/content/rule-content.ts'
import { createDetection } from './detection/detection.ts'
import type { RuleSetSummary } from './detection/ports.ts'
import { readRuleFiles } from './detection/rule-files.ts'
import { loadAuthority } from './fleet/authority.ts'
import { createFleet, type RunningFleet } from './fleet/fleet.ts'
import type { Sensor } from './fleet/ports.ts'
import { registerHubMetrics } from './hub-metrics.ts'
import { createIdentity } from './identity/identity.ts'
import { hashPassword } from './identity/passwords.ts'
import type { TenantAdminStore, TenantContext } from './identity/ports.ts'
import { loadSigningKey } from './identity/signing-key.ts'
import { createIngestCounters } from './ingest/counters.ts'
import { createCredits } from './ingest/credits.ts'
import { createFairTurns } from './ingest/fair-turns.ts'
import { startIngestServer } from './ingest/server.ts'
import { startUplinkSession } from './ingest/uplink-session.ts'
import { createLive } from './live/live.ts'
import { createPipelineMeter } from './pipeline/meter.ts'
import { createSecretBox } from './secrets/secret-box.ts'
import { createAlertStore } from './storage/alert-store.ts'
import { createBacktestStore } from './storage/backtest-store.ts'
import { createConnectorStore } from './storage/connector-store.ts'
import { type Database, openDatabase } from './storage/database.ts'
import { startEmbeddedPostgres } from './storage/embedded.ts'
import { createEnrollmentStore } from './storage/enrollment-store.ts'
import { createExceptionStore } from './storage/exception-store.ts'
import { createFleetStore } from './storage/fleet-store.ts'
import { createIngestStore } from './storage/ingest-store.ts'
import { maintain } from './storage/maintenance.ts'
import { createPipelineStore } from './storage/pipeline-store.ts'
import { createRuleContentDirectory } from './storage/rule-content-directory.ts'
import { createRuleStore } from './storage/rule-store.ts'
import { createSignInStore } from './storage/sign-in-store.ts'
import { createTenantAdminStore } from './storage/tenant-admin-store.ts'
import { createTenantRuleStore } from './storage/tenant-rule-store.ts'
import { createTimelineStore } from './storage/timeline-store.ts'
import { createValueListStore } from './storage/value-list-store.ts'
import { createTimeline } from './timeline/timeline.ts'

export interface RunningHub {
  readonly httpPort: number
  readonly grpcPort: number
  /** The tenant of the first start. */
  readonly tenant: TenantContext
  /** Made by this start, because there was no user yet; the password is nowhere else in clear. */
  readonly firstAdmin: { readonly email: string; readonly password: string } | undefined
  readonly fleet: RunningFleet
  readonly connectors: Connectors
  readonly sensors: (tenant: TenantContext) => Promise<Sensor[]>
  /** Reads the rule folders anew and puts them in force, beside which everything goes on. Where they cannot be used the old rules stay, and the log says why. */
  reloadRules(): Promise<void>
  close(): Promise<void>
}

/** What was opened is closed in the opposite order, each step whatever the others did. */
class Closing {
  readonly #steps: { readonly name: string; readonly close: () => Promise<unknown> | unknown }[] = []

  add(name: string, close: () => Promise<unknown> | unknown): void {
    this.#steps.unshift({ name, close })
  }

  async run(log: Logger): Promise<void> {
    for (const { name, close } of this.#steps.splice(0)) {
      try {
        await close()
      } catch (error) {
        log.error({ err: error }, `could not close ${name} cleanly`)
      }
    }
  }
}

/**
 * Opens the parts of the hub in order and wires them: database, keys, detection, fleet, gRPC, HTTP.
 *
 * @param onProgress - told before each step that takes a while
 * @throws {ExpectedError} where a setting, a port or the database is not usable; what was opened is closed again
 */
export async function startHub(config: HubConfig, assets: Assets, log: Logger, onProgress: (step: string) => void): Promise<RunningHub> {
  const closing = new Closing()
  try {
    return await openHub(config, assets, log, onProgress, closing)
  } catch (error) {
    await closing.run(log)
    throw error
  }
}

async function openHub(config: HubConfig, assets: Assets, log: Logger, onProgress: (step: string) => void, closing: Closing): Promise<RunningHub> {
  const dataDir = config.data_dir
  const now = () => new Date()
  const startedAt = now()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })

  let ownerUrl = config.database_url
  if (ownerUrl === undefined) {
    const postgres = await startEmbeddedPostgres({ dataDir, log, onProgress })
    closing.add('PostgreSQL', () => postgres.stop())
    ownerUrl = postgres.ownerUrl
  }
  const db = await openDatabase({ ownerUrl, appUrl: config.database_app_url, dataDir, migrations: assets.migrations, log })
  closing.add('the database', () => db.close())

  const maintenance = setInterval(
    () =>
      maintain(db, now()).catch((error) => log.warn({ err: error }, 'the hourly maintenance of the database failed; the next one makes up for it')),
    HOUR_MS,
  )
  closing.add('maintenance', () => clearInterval(maintenance))
  await maintain(db, startedAt)

  const ruleStore = createRuleStore(db)
  const fleetStore = createFleetStore(db)
  const alertStore = createAlertStore(db)
  const pipelineStore = createPipelineStore(db)
  const connectorStore = createConnectorStore(db, await createSecretBox(dataDir))
  const tenants = createTenantAdminStore(db)
  const { tenant, firstAdmin } = await firstStart(config, tenants)

  onProgress('Compiling rules')
  const readRules = async () => ({ files: await readRuleFiles(config.rules ?? [assets.rules]), placeholders: await readValues(config, log) })
  const detection = await createDetection({
    ...(await readRules()),
    workerScript: assets.detectionWorker,
    workers: config.detection_workers ?? Math.max(1, availableParallelism() - 1),
    store: ruleStore,
    now,
    warn: (message) => log.warn(message),
  })
  closing.add('detection', () => detection.close())
  const tellRules = ({ rules, problems, generation }: Omit<RuleSetSummary, 'filters' | 'correlations'>) => {
    for (const { file, line, code, reason } of problems) log.warn({ file, line, code }, `a rule is not used: ${reason}`)
    log.info({ rules, refused: problems.length, generation }, 'rules are in force')
  }
  tellRules({ rules: detection.rules.length, problems: detection.problems, generation: detection.generation })
  const warn = (message: string) => log.warn(message)
  const ruleContent = createRuleContent({
    engine: detection,
    directory: createRuleContentDirectory(db),
    settings: ruleStore,
    rules: createTenantRuleStore(db),
    exceptions: createExceptionStore(db),
    valueLists: createValueListStore(db),
    workerScript: assets.detectionWorker,
    now,
    warn,
  })
  closing.add('rule content', () => ruleContent.close())
  await ruleContent.load()
  const backtests = createBacktests({
    store: createBacktestStore(db),
    content: ruleContent,
    view: (tenantId) => detection.view(tenantId),
    workerScript: assets.detectionWorker,
    now,
    warn,
  })
  closing.add('backtests', () => backtests.close())
  await backtests.recover()

  const live = createLive((error) => log.error({ err: error }, 'a live listener failed'))
  const meter = createPipelineMeter({
    store: pipelineStore,
    now,
    monotonicMs: () => performance.now(),
    report: (error) => log.warn(`pipeline counts are kept in memory until the database takes them: ${messageOf(error)}`),
  })
  closing.add('the pipeline meter', () => meter.close())

  const authority = await loadAuthority(join(dataDir, 'pki'), startedAt)
  const fleet = createFleet({
    authority,
    enrollment: createEnrollmentStore(db),
    store: fleetStore,
    connectors: connectorStore,
    detection,
    live,
    meter,
    clock: now,
    log,
  })
  closing.add('the fleet', () => fleet.close())

  const ingestStore = createIngestStore(db)
  const credits = createCredits()
  const turns = createFairTurns()
  const counters = createIngestCounters()
  const grpc = await startIngestServer({
    host: config.grpc_host,
    port: config.grpc_port,
    authority,
    gate: fleet,
    startSession: (identity, wire) =>
      startUplinkSession({ store: ingestStore, detection, gate: fleet, live, meter, credits, turns, counters, clock: now, log }, identity, wire),
    counters,
    clock: now,
    log,
  }).catch((error) => {
    throw portTaken(error, 'grpc_port', config.grpc_port)
  })
  closing.add('the gRPC server', () => grpc.close())
  fleet.awaitReturn((await tenants.listTenants()).map(({ id }) => ({ tenantId: id })))

  const signingKey = await loadSigningKey(join(dataDir, 'jwt'))
  const tenantNames = new Map<string, string>()
  const identity = createIdentity({
    store: createSignInStore(db),
    tenantName: async (tenantId) => {
      if (!tenantNames.has(tenantId)) for (const each of await tenants.listTenants()) tenantNames.set(each.id, each.name)
      return tenantNames.get(tenantId) ?? ''
    },
    key: signingKey,
    now,
  })
  const connectors = createConnectors({ store: connectorStore, sensors: fleetStore, fleet, meter })
  const parts: Parts = {
    identity,
    alerts: createAlerts(alertStore, live, now),
    alertSummary: alertStore.summary,
    connectors,
    fleet,
    fleetStore,
    detection,
    ruleStore,
    ruleContent,
    backtests,
    timeline: createTimeline(createTimelineStore(db)),
    meter,
    pipelineStore,
    cursors: createCursors(signingKey.deriveSecret('cursors')),
    site: {
      publicUrl: config.public_url,
      grpcAddress: config.public_grpc_address,
      grpcPort: grpc.port,
      trustedProxies: config.trusted_proxies,
      sensorBundle: assets.sensorBundle,
    },
    now,
    startedAt,
    log,
  }
  const metrics = createHttpMetrics()
  registerHubMetrics(metrics.registry, meter, counters, detection)
  const http = await serveHttp({
    parts,
    metrics,
    notReady: () => notReady(db, detection),
    metricsToken: config.metrics_token,
    consoleDir: assets.console,
    live,
    host: config.http_host,
    port: config.http_port,
  }).catch((error) => {
    throw portTaken(error, 'http_port', config.http_port)
  })
  closing.add('the HTTP server', () => http.close())
  log.info({ http: http.port, grpc: grpc.port }, 'the hub is ready')

  return {
    httpPort: http.port,
    grpcPort: grpc.port,
    tenant,
    firstAdmin,
    fleet,
    connectors,
    sensors: (of) => fleetStore.list(of),
    reloadRules: async () => {
      try {
        const { files, placeholders } = await readRules()
        tellRules(await detection.replaceRules(files, placeholders))
        // Packs hold the text of the rules that run at the edge.
        for (const { id } of await tenants.listTenants()) await fleet.configurationChanged({ tenantId: id })
      } catch (error) {
        log.error({ err: error }, 'the rules could not be read anew; those in force stay')
      }
    },
    close: async () => {
      log.info('the hub is stopping')
      await closing.run(log)
    },
  }
}

/** @throws the file system's error, where the file named cannot be read */
async function readValues({ rule_placeholders: file }: HubConfig, log: Logger): Promise<ReadonlyMap<string, readonly string[]>> {
  if (file === undefined) return new Map()
  const { placeholders, problems } = readPlaceholders(await readFile(file, 'utf8'), file)
  for (const { line, code, reason } of problems) log.warn({ file, line, code }, `placeholder values are not used: ${reason}`)
  return placeholders
}

async function notReady(db: Database, detection: { readonly health: { readonly alive: number } }): Promise<string[]> {
  const reasons: string[] = []
  await db.ping().catch((error) => reasons.push(`the database does not answer: ${messageOf(error)}`))
  if (detection.health.alive === 0) reasons.push('no detection worker is running')
  return reasons
}

class PortTaken extends ExpectedError {
  readonly code = 'port_taken'
  readonly kind = 'unavailable'
}

const portTaken = (error: unknown, key: string, port: number): unknown =>
  /EADDRINUSE|in use/.test(messageOf(error))
    ? new PortTaken(`port ${port} is in use: end what listens there, or choose another with PICKET_${key.toUpperCase()}`, { cause: error })
    : error

/** The first tenant, and its administrator where the hub has no user yet. */
async function firstStart(config: HubConfig, store: TenantAdminStore): Promise<Pick<RunningHub, 'tenant' | 'firstAdmin'>> {
  const [first] = await store.listTenants()
  const tenant = first ?? (await store.createTenant(config.tenant_name))
  if ((await store.countUsers()) > 0) return { tenant: { tenantId: tenant.id }, firstAdmin: undefined }
  const password = config.admin_password ?? randomBytes(15).toString('base64url')
  await store.createUser({
    tenantId: tenant.id,
    email: config.admin_email,
    name: 'Administrator',
    role: 'platform_admin',
    passwordHash: await hashPassword(password),
  })
  return { tenant: { tenantId: tenant.id }, firstAdmin: { email: config.admin_email, password } }
}
