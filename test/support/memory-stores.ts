import { randomUUID } from 'node:crypto'
import type { AlertNotice } from '../../hub/alerts/ports.ts'
import type { Connector, ConnectorState, ConnectorStore, EnrollmentStore, FleetStore, PreFilterRow, Sensor } from '../../hub/fleet/ports.ts'
import type { CommitBatch, IngestStore, StoredEvent, StoredTombstone } from '../../hub/ingest/ports.ts'
import { ExpectedError } from '../../shared/errors.ts'

/** Stores in memory that keep the promises of the ports: for tests about what is in front of them. */

class SequenceGap extends ExpectedError {
  readonly code = 'SEQUENCE_GAP'
  readonly kind = 'conflict'
}

export function createMemoryIngestStore() {
  const marks = new Map<string, number>()
  const events = new Map<string, StoredEvent & { tenantId: string; sensorId: string; epoch: string }>()
  const tombstones: (StoredTombstone & { tenantId: string; sensorId: string; epoch: string })[] = []
  const alerts = new Map<string, { tenantId: string; entity: string; count: number }>()
  const commits: CommitBatch[] = []
  /** Called before each commit; throws what the database would. */
  const hooks: { beforeCommit?: (batch: CommitBatch) => void | Promise<void> } = {}
  const store: IngestStore = {
    async marks(tenant, sensorId, epochs) {
      return new Map(
        epochs.flatMap((epoch) => {
          const mark = marks.get(`${tenant.tenantId}|${sensorId}|${epoch}`)
          return mark === undefined ? [] : [[epoch, mark] as const]
        }),
      )
    },
    async commit(tenant, batch) {
      await hooks.beforeCommit?.(batch)
      const { tenantId } = tenant
      const { sensorId, epoch } = batch
      const key = `${tenantId}|${sensorId}|${epoch}`
      const mark = marks.get(key) ?? 0
      if (batch.first > mark + 1) throw new SequenceGap(`${mark + 1} was due, ${batch.first} came`)
      commits.push(batch)
      const fresh = batch.events.filter(({ seq }) => seq > mark)
      for (const event of fresh) events.set(event.id, { ...event, tenantId, sensorId, epoch })
      for (const tombstone of batch.tombstones) if (tombstone.last > mark) tombstones.push({ ...tombstone, tenantId, sensorId, epoch })
      const notices: AlertNotice[] = []
      for (const draft of batch.alerts) {
        if (!draft.seqs.some((seq) => seq > mark)) continue
        const open = [...alerts].find(([, alert]) => alert.tenantId === tenantId && alert.entity === `${draft.ruleId}|${draft.entity}`)
        if (open) open[1].count += draft.count
        else alerts.set(draft.id, { tenantId, entity: `${draft.ruleId}|${draft.entity}`, count: draft.count })
        notices.push({
          created: !open,
          alertId: open?.[0] ?? draft.id,
          severity: draft.severity,
          ruleTitle: draft.ruleTitle,
          host: draft.summary.host,
        })
      }
      const through = Math.max(mark, batch.last)
      marks.set(key, through)
      return { through, stored: fresh.length, skipped: batch.events.length - fresh.length, notices }
    },
  }
  return { store, marks, events, tombstones, alerts, commits, hooks }
}

export function createMemoryFleetStore() {
  const tokens = new Map<string, { id: string; tenantId: string; name: string; expiresAt: Date; usedAt?: Date }>()
  const sensors = new Map<string, Sensor & { tenantId: string }>()
  const filters = new Map<string, PreFilterRow & { tenantId: string }>()
  const packs = new Map<string, { digest: string; version: number }>()
  const highest = new Map<string, number>()
  const mine = (tenantId: string, sensorId: string) => {
    const sensor = sensors.get(sensorId)
    return sensor?.tenantId === tenantId ? sensor : undefined
  }
  const change = (tenantId: string, sensorId: string, with_: Partial<Sensor>) => {
    const sensor = mine(tenantId, sensorId)
    if (!sensor) return undefined
    const changed = { ...sensor, ...with_ }
    sensors.set(sensorId, changed)
    return changed
  }

  const enrollment: EnrollmentStore = {
    async spendToken(tokenHash, now) {
      const token = tokens.get(tokenHash)
      if (!token || token.usedAt || token.expiresAt <= now) return undefined
      token.usedAt = now
      return { tenantId: token.tenantId, tokenId: token.id, name: token.name }
    },
    async findSensor(sensorId) {
      const sensor = sensors.get(sensorId)
      return sensor && { tenantId: sensor.tenantId, revokedAt: sensor.revokedAt }
    },
  }

  const store: FleetStore = {
    async createToken({ tenantId }, { tokenHash, name, expiresAt }) {
      const token = { id: randomUUID(), tenantId, name, expiresAt }
      tokens.set(tokenHash, token)
      return { ...token, createdAt: new Date() }
    },
    async addSensor({ tenantId }, { id, name, hostname, os, arch, version, addresses, fingerprint, notAfter }) {
      const sensor = {
        ...{ id, tenantId, name, hostname, os, arch, version, addresses, enrolledAt: new Date(), pack: {} },
        certificateFingerprint: fingerprint,
        certificateNotAfter: notAfter,
      }
      sensors.set(id, sensor)
      return sensor
    },
    list: async ({ tenantId }) => [...sensors.values()].filter((sensor) => sensor.tenantId === tenantId),
    get: async ({ tenantId }, sensorId) => mine(tenantId, sensorId),
    rename: async ({ tenantId }, sensorId, name) => change(tenantId, sensorId, { name }),
    revoke: async ({ tenantId }, sensorId, at) => change(tenantId, sensorId, { revokedAt: at }) !== undefined,
    async setCertificate({ tenantId }, sensorId, fingerprint, notAfter) {
      change(tenantId, sensorId, { certificateFingerprint: fingerprint, certificateNotAfter: notAfter })
    },
    async seen({ tenantId }, sensorId, { at, host, heartbeat }) {
      change(tenantId, sensorId, { lastSeenAt: at, ...host, ...(heartbeat ? { heartbeat: { ...heartbeat } } : {}) })
    },
    async packReport({ tenantId }, sensorId, { at, ...report }) {
      change(tenantId, sensorId, { pack: { ...mine(tenantId, sensorId)?.pack, ...report, reportedAt: at } })
    },
    filters: async ({ tenantId }) => [...filters.values()].filter((filter) => filter.tenantId === tenantId),
    async saveFilter({ tenantId }, { id = randomUUID(), name, enabled, definition }) {
      const row = { id, tenantId, name, enabled, definition: { ...definition }, updatedAt: new Date() }
      filters.set(id, row)
      return row
    },
    deleteFilter: async (_tenant, filterId) => filters.delete(filterId),
    async nextPackVersion({ tenantId }, sensorId, digest) {
      const last = packs.get(`${tenantId}|${sensorId}`)
      if (last?.digest === digest) return { version: last.version, changed: false }
      const version = (highest.get(tenantId) ?? 0) + 1
      highest.set(tenantId, version)
      packs.set(`${tenantId}|${sensorId}`, { digest, version })
      return { version, changed: true }
    },
  }
  return { enrollment, store, tokens, sensors, filters }
}

export function createMemoryConnectorStore() {
  const rows = new Map<string, Connector & { tenantId: string }>()
  const mine = (tenantId: string, id: string) => {
    const row = rows.get(id)
    return row?.tenantId === tenantId ? row : undefined
  }
  const unknown: ConnectorState = {
    ...{ status: 'unknown', message: '', consecutiveFailures: 0, eventsReceivedTotal: 0, eventsFailedTotal: 0, bytesReceivedTotal: 0 },
    ...{ eventsPerSecond: 0, checks: [] },
  }
  const store: ConnectorStore = {
    list: async ({ tenantId }) => [...rows.values()].filter((row) => row.tenantId === tenantId),
    get: async ({ tenantId }, id) => mine(tenantId, id),
    async create({ tenantId }, connector) {
      const row = { ...connector, id: randomUUID(), tenantId, createdAt: new Date(), updatedAt: new Date(), version: 1, state: unknown }
      rows.set(row.id, row)
      return row
    },
    async update({ tenantId }, id, change) {
      const row = mine(tenantId, id)
      if (!row) return undefined
      const changed = { ...row, ...change, version: row.version + 1, updatedAt: new Date() }
      rows.set(id, changed)
      return changed
    },
    delete: async ({ tenantId }, id) => mine(tenantId, id) !== undefined && rows.delete(id),
    async report({ tenantId }, id, state) {
      const row = mine(tenantId, id)
      if (!row) return undefined
      rows.set(id, { ...row, state })
      return { previous: row.state.status }
    },
    history: async () => [],
  }
  return { store, rows }
}
