import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Detection } from '../../hub/detection/ports.ts'
import { loadAuthority } from '../../hub/fleet/authority.ts'
import { createFleet } from '../../hub/fleet/fleet.ts'
import type { EnrollmentStore, FleetStore } from '../../hub/fleet/ports.ts'
import { createIngestCounters } from '../../hub/ingest/counters.ts'
import { type CreditLimits, createCredits } from '../../hub/ingest/credits.ts'
import { createFairTurns } from '../../hub/ingest/fair-turns.ts'
import type { IngestStore } from '../../hub/ingest/ports.ts'
import { startIngestServer } from '../../hub/ingest/server.ts'
import { startUplinkSession } from '../../hub/ingest/uplink-session.ts'
import { createLive } from '../../hub/live/live.ts'
import type { PipelineMeter } from '../../hub/pipeline/contract.ts'
import { createLogger } from '../../shared/log.ts'
import type { SigmaRule } from '../../shared/sigma/contract.ts'
import { createMemoryConnectorStore, createMemoryFleetStore, createMemoryIngestStore } from './memory-stores.ts'
import { enrollClient } from './sensor-client.ts'

export interface IngestHubOptions {
  readonly credits?: CreditLimits
  readonly offlineAfterMs?: number
  /** The stores on PostgreSQL instead of those in memory. */
  readonly stores?: { readonly ingest: IngestStore; readonly fleet: FleetStore; readonly enrollment: EnrollmentStore }
}

/** The hub's gRPC side as it runs, on stores in memory; the detection engine is one rule that fires on the word `evil`. */
export async function startIngestHub(options: IngestHubOptions = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'picket-ingest-'))
  const time = { offsetMs: 0 }
  const clock = () => new Date(Date.now() + time.offsetMs)
  const lines: string[] = []
  const log = createLogger({ level: 'debug', pretty: false, write: (line) => lines.push(line) })
  const authority = await loadAuthority(join(dir, 'pki'), clock())
  const ingest = createMemoryIngestStore()
  const fleetStore = createMemoryFleetStore()
  const connectors = createMemoryConnectorStore()
  const stores = options.stores ?? { ingest: ingest.store, fleet: fleetStore.store, enrollment: fleetStore.enrollment }
  const live = createLive((error) => lines.push(String(error)))
  const metered: { tenantId: string; stored: number }[] = []
  const meter: PipelineMeter = {
    committed: (tenantId, { stored }) => void metered.push({ tenantId, stored }),
    heartbeat: () => undefined,
    disconnected: () => undefined,
    snapshot: () => {
      throw new Error('not part of these tests')
    },
  }
  const edgeRules = new Set<string>()
  const detection: Pick<Detection, 'detect' | 'rulesOf' | 'settings'> = {
    rulesOf: () => [evilRule],
    settings: () => ({ enabled: () => true, edge: (ruleId) => edgeRules.has(ruleId) }),
    detect: async (_tenant, events) => ({
      matches: events.flatMap(({ document }, event) =>
        document.includes('evil') ? [{ event, rule: evilRule, matchedConditions: ['selection'] }] : [],
      ),
      evaluations: [],
    }),
  }
  const counters = createIngestCounters()
  const fleet = createFleet({
    ...{ authority, enrollment: stores.enrollment, store: stores.fleet, connectors: connectors.store, detection, live, meter, clock, log },
    ...(options.offlineAfterMs === undefined ? {} : { offlineAfterMs: options.offlineAfterMs }),
  })
  const credits = createCredits(options.credits)
  const turns = createFairTurns()
  const parts = { store: stores.ingest, detection, gate: fleet, live, meter, credits, turns, counters, clock, log }
  const server = await startIngestServer({
    ...{ host: '127.0.0.1', port: 0, authority, gate: fleet, counters, clock, log },
    startSession: (identity, wire) => startUplinkSession(parts, identity, wire),
  })
  const { port } = server
  const caPem = authority.caPem

  return {
    ...{ port, caPem, dir, authority, fleet, ingest, fleetStore, connectors, live, counters, turns, metered, edgeRules, lines, time, detection },
    tokenFor: async (tenantId: string, validForMs = 60_000) =>
      (await fleet.createEnrollmentToken({ tenantId }, { name: 'branch', validForMs, createdBy: 'test' })).token,
    /** An enrolled sensor of a tenant. */
    async enrolled(tenantId: string = randomUUID()) {
      const { token } = await fleet.createEnrollmentToken({ tenantId }, { name: 'branch', validForMs: 60_000, createdBy: 'test' })
      return { tenantId, ...(await enrollClient({ port, caPem }, token)) }
    },
    async stop() {
      await server.close(1_000)
      await fleet.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const evilRule: SigmaRule = {
  ...{ id: 'a0000000-0000-4000-8000-000000000001', title: 'Evil', level: 'high', status: 'test', description: '', author: '' },
  ...{ references: [], falsePositives: [], tags: [], logsource: {}, detection: {}, file: 'evil.yml', line: 1 },
  mitre: { tactics: ['execution'], techniques: ['T1059'] },
  source: 'title: Evil\n',
}
