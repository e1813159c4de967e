import { expect, test } from 'vitest'
import { AlertChanged, createAlerts } from '../../../hub/alerts/alerts.ts'
import type { AlertDetail, AlertStore } from '../../../hub/alerts/ports.ts'
import type { LiveEvent } from '../../../hub/live/contract.ts'
import { createLive } from '../../../hub/live/live.ts'

const TENANT = { tenantId: 'a' }
const AT = new Date('2026-02-20T10:30:00Z')

/** One alert, kept as the store keeps it; `interfere` runs before each update, as another analyst would. */
function setUp({ interfere = () => {} }: { interfere?: (bump: () => void) => void } = {}) {
  let alert: AlertDetail = {
    id: 'alert-1',
    ruleId: 'r',
    ruleTitle: 'Rule',
    severity: 'high',
    entity: 'host:x',
    tactics: [],
    techniques: [],
    matchedConditions: [],
    firstEventId: 'e',
    firstEventAt: AT,
    lastEventAt: AT,
    count: 1,
    summary: { timestamp: AT.toISOString() },
    status: 'open',
    createdAt: AT,
    updatedAt: AT,
    version: 1,
    activity: [],
  }
  const bump = () => {
    alert = { ...alert, version: alert.version + 1, count: alert.count + 1 }
  }
  const store: Pick<AlertStore, 'get' | 'update'> = {
    get: async (_tenant, id) => (id === alert.id ? alert : undefined),
    async update(_tenant, _id, expected, change, activity) {
      interfere(bump)
      if (expected !== alert.version) return undefined
      alert = {
        ...alert,
        ...(change.status === undefined ? {} : { status: change.status }),
        assignee: change.assignee === undefined ? alert.assignee : (change.assignee ?? undefined),
        version: expected + 1,
        activity: [...alert.activity, ...activity],
      }
      return alert
    },
  }
  const live = createLive((error) => {
    throw error
  })
  const heard: LiveEvent[] = []
  live.subscribe('a', (event) => heard.push(event))
  return { alerts: createAlerts(store as AlertStore, live, () => AT), heard, live }
}

test('a change that changes nothing leaves no trace and no version', async () => {
  const { alerts, heard } = setUp()
  const same = await alerts.triage(TENANT, 'alert-1', { status: 'open', assignee: null }, 'ana')
  expect([same.version, same.activity, heard]).toEqual([1, [], []])
})

test('an assignee of blanks is nobody, and around a name they are left off', async () => {
  const { alerts } = setUp()
  expect((await alerts.triage(TENANT, 'alert-1', { assignee: '  ana ' }, 'bo')).assignee).toBe('ana')
  expect((await alerts.triage(TENANT, 'alert-1', { assignee: '   ' }, 'bo')).assignee).toBeUndefined()
})

test('a match that merges in between does not lose the triage', async () => {
  let times = 0
  const { alerts } = setUp({ interfere: (bump) => (times++ === 0 ? bump() : undefined) })
  const changed = await alerts.triage(TENANT, 'alert-1', { status: 'investigating' }, 'ana')
  expect([changed.status, changed.count, changed.version]).toEqual(['investigating', 2, 3])
})

test('an alert that never holds still ends in a conflict, not in a loop', async () => {
  const { alerts } = setUp({ interfere: (bump) => bump() })
  await expect(alerts.triage(TENANT, 'alert-1', { status: 'resolved' }, 'ana')).rejects.toThrow(AlertChanged)
})

test('a listener that throws does not keep the others from hearing, nor the tenant next door', () => {
  const errors: unknown[] = []
  const live = createLive((error) => errors.push(error))
  const heard: string[] = []
  live.subscribe('a', () => {
    throw new Error('broken')
  })
  const leave = live.subscribe('a', () => heard.push('second'))
  live.subscribe('b', () => heard.push('other tenant'))
  live.publish('a', { type: 'alert_updated', alertId: 'x' })
  leave()
  live.publish('a', { type: 'alert_updated', alertId: 'x' })
  expect([heard, errors.length]).toEqual([['second'], 2])
})
