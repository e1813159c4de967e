import { expect, test } from 'vitest'
import { createCredits } from '../../../hub/ingest/credits.ts'
import { eventId } from '../../../hub/ingest/event-id.ts'
import { createFairTurns } from '../../../hub/ingest/fair-turns.ts'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { newEpoch, openUplink } from '../../support/sensor-client.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('credits are shared out among tenants first, then among the sensors of a tenant', () => {
  const credits = createCredits({ totalBytes: 1_000, mostPerStreamBytes: 900, leastPerStreamBytes: 10 })
  const alone = credits.open('a')
  expect(alone.windowBytes()).toBe(900)
  const crowd = Array.from({ length: 5 }, () => credits.open('b'))
  expect(alone.windowBytes()).toBe(500)
  expect(crowd[0]?.windowBytes()).toBe(100)
  for (const stream of crowd) stream.close()
  crowd[0]?.close()
  expect(alone.windowBytes()).toBe(900)
})

test('a stream is told its smaller share with the next acknowledgement', async () => {
  const hub = await startIngestHub({ credits: { totalBytes: 1_000_000, mostPerStreamBytes: 1_000_000, leastPerStreamBytes: 1_000 } })
  const epoch = newEpoch()
  const first = openUplink(hub.port, await hub.enrolled())
  expect((await first.hello()).creditBytes).toBe(1_000_000)
  const second = openUplink(hub.port, await hub.enrolled())
  expect((await second.hello()).creditBytes).toBe(500_000)
  await first.sendBatch({ epoch, first: 1, last: 1 })
  expect((await first.acked(epoch, 1)).creditBytes).toBe(500_000)
  first.close()
  second.close()
  await hub.stop()
})

test('a sensor that ignores its credit is held back and loses nothing', async () => {
  const hub = await startIngestHub({ credits: { totalBytes: 4_000, mostPerStreamBytes: 4_000, leastPerStreamBytes: 1_000 } })
  const sensor = await hub.enrolled()
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  hub.ingest.hooks.beforeCommit = () => gate
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  await uplink.hello()
  for (let n = 0; n < 400; n++) await uplink.sendBatch({ epoch, first: n * 10 + 1, last: n * 10 + 10 })
  await expect.poll(() => hub.turns.heldBytes()).toBeGreaterThan(0)
  open()
  await uplink.acked(epoch, 4_000)
  expect(hub.ingest.events.size).toBe(4_000)
  expect(hub.turns.heldBytes()).toBe(0)
  uplink.close()
  await hub.stop()
})

test('T27 a tenant that floods waits behind its own batches, not in front of another tenant', async () => {
  const turns = createFairTurns(100)
  const [flood, quiet] = [{}, {}]
  const order: string[] = []
  const take = async (tenantId: string, stream: object, name: string) => {
    const release = await turns.take(tenantId, stream, 60)
    order.push(name)
    await nextTurn()
    release()
  }
  const work = [1, 2, 3, 4].map((n) => take('flooding', flood, `f${n}`))
  work.push(take('quiet', quiet, 'q1'), take('quiet', quiet, 'q2'))
  await Promise.all(work)
  expect(order).toEqual(['f1', 'q1', 'f2', 'q2', 'f3', 'f4'])
  expect(turns.heldBytes()).toBe(0)
})

test('a batch larger than everything there is goes alone', async () => {
  const turns = createFairTurns(100)
  const small = await turns.take('a', {}, 10)
  let started = false
  const large = turns.take('b', {}, 1_000).then((release) => {
    started = true
    return release
  })
  await nextTurn()
  expect(started).toBe(false)
  small()
  const release = await large
  expect(turns.heldBytes()).toBe(1_000)
  release()
})

test('an event id is a UUID of version 8 and depends on sensor, epoch and seq alone', () => {
  const id = eventId('sensor', 'epoch', 1)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(eventId('sensor', 'epoch', 1)).toBe(id)
  const others = [eventId('sensor', 'epoch', 2), eventId('sensor', 'epocH', 1), eventId('sensoR', 'epoch', 1), eventId('sensor|epoch', '1', 1)]
  expect(new Set([id, ...others]).size).toBe(5)
})
