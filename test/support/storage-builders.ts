import { createHash, randomUUID } from 'node:crypto'
import type { AlertDraft } from '../../hub/alerts/ports.ts'
import type { Evaluation, RuleStore } from '../../hub/detection/ports.ts'
import type { TenantContext } from '../../hub/identity/ports.ts'
import type { CommitBatch, StoredEvent } from '../../hub/ingest/ports.ts'
import type { Database } from '../../hub/storage/database.ts'
import { createFleetStore } from '../../hub/storage/fleet-store.ts'
import { createTenantAdminStore } from '../../hub/storage/tenant-admin-store.ts'

/** A new tenant with one enrolled sensor. */
export async function newTenant(db: Database, name = 'Acme'): Promise<TenantContext & { sensorId: string }> {
  const { id } = await createTenantAdminStore(db).createTenant(name)
  const sensorId = randomUUID()
  await addSensor(db, { tenantId: id }, sensorId)
  return { tenantId: id, sensorId }
}

export async function addSensor(db: Database, tenant: TenantContext, id: string) {
  const fleet = createFleetStore(db)
  const token = await fleet.createToken(tenant, { tokenHash: sha256(id), name: 'edge', expiresAt: new Date(Date.now() + 60_000), createdBy: 'ana' })
  return fleet.addSensor(tenant, {
    id,
    name: 'edge',
    hostname: 'edge-01',
    os: 'linux',
    arch: 'x64',
    version: '0.1.0',
    addresses: ['10.0.0.5'],
    fingerprint: sha256(`certificate of ${id}`),
    notAfter: new Date(Date.now() + 86_400_000),
    tokenId: token.id,
  })
}

/** Events were put to these rules, all of one log source. `registerView` says so to the store. */
export async function evaluationOf(rules: Pick<RuleStore, 'registerView'>, tenant: TenantContext, ...ruleIds: string[]): Promise<Evaluation> {
  const view = ruleIds.join(',')
  await rules.registerView(tenant, view, new Map([['linux//', ruleIds]]))
  return { view, logsources: ['linux//'], rules: ruleIds.length }
}

/** The same (epoch, seq) always makes the same event. */
export function storedEvent(seq: number, { epoch = 'epoch', ...rest }: Partial<StoredEvent> & { epoch?: string } = {}): StoredEvent {
  const time = rest.time ?? new Date()
  const hex = sha256(`${epoch}|${seq}`)
  return {
    seq,
    id: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    time,
    observedAt: time,
    dataset: 'linux.auth',
    product: 'linux',
    service: 'auth',
    categories: ['authentication'],
    host: 'web-01',
    user: 'ana',
    sourceIp: '192.0.2.7',
    rawBytes: 120,
    parsed: true,
    document: JSON.stringify({ '@timestamp': time.toJSON(), message: `Failed password for ana, attempt ${seq}`, host: { name: 'web-01' } }),
    ...rest,
  }
}

/** Events `first`..`last` of an epoch, and a match with its alert for each of `hits`. */
export function batchOf(
  sensorId: string,
  {
    epoch = 'epoch',
    first,
    last,
    hits = [] as number[],
    receivedAt = new Date(),
    time = new Date(),
    ruleId = 'rule-1',
    entity = 'host:web-01',
    evaluation = undefined as Evaluation | undefined,
  } = {} as {
    epoch?: string
    first: number
    last: number
    hits?: number[]
    receivedAt?: Date
    time?: Date
    ruleId?: string
    entity?: string
    evaluation?: Evaluation
  },
): CommitBatch {
  const events = Array.from({ length: last - first + 1 }, (_, i) => storedEvent(first + i, { epoch: `${sensorId}${epoch}`, time, evaluation }))
  const hit = events.filter(({ seq }) => hits.includes(seq))
  return {
    sensorId,
    epoch,
    lane: 'bulk',
    first,
    last,
    receivedAt,
    events,
    tombstones: [],
    matches: hit.map(({ id, seq, time: eventTime }) => ({ eventId: id, seq, eventTime, ruleId, matchedConditions: ['selection'] })),
    alerts: hit.length > 0 ? [draftOf(hit, { ruleId, entity })] : [],
  }
}

export function draftOf(
  events: readonly StoredEvent[],
  { ruleId = 'rule-1', entity = 'host:web-01', severity = 'high' as AlertDraft['severity'] } = {},
): AlertDraft {
  const [first] = events
  if (!first) throw new Error('a draft needs an event')
  return {
    id: `alert-${sha256(`${ruleId}|${entity}|${first.id}`).slice(0, 26)}`,
    ruleId,
    ruleTitle: `Title of ${ruleId}`,
    severity,
    entity,
    tactics: ['credential_access'],
    techniques: ['T1110'],
    matchedConditions: ['selection'],
    seqs: events.map(({ seq }) => seq),
    firstEventId: first.id,
    firstEventAt: first.time,
    lastEventAt: events.at(-1)?.time ?? first.time,
    count: events.length,
    summary: { timestamp: first.time.toISOString(), host: 'web-01', user: 'ana', command_line: 'sudo -i' },
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Seals nothing, and notices a value opened in another place than it was sealed for. */
export const plainBox = {
  seal: (plain: string, aad: string) => JSON.stringify({ plain, aad }),
  open(sealed: string, aad: string) {
    const box = JSON.parse(sealed) as { plain: string; aad: string }
    if (box.aad !== aad) throw new Error(`sealed for ${box.aad}, opened for ${aad}`)
    return box.plain
  },
}
