import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TenantContext } from '../../../hub/identity/ports.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { parseSearch } from '../../../hub/storage/timeline-query.ts'
import { createTimelineStore } from '../../../hub/storage/timeline-store.ts'
import type { TimelineQuery } from '../../../hub/timeline/ports.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { batchOf, newTenant, storedEvent } from '../../support/storage-builders.ts'

let database: TestDatabase
let tenant: TenantContext & { sensorId: string }
const start = Date.now() - 3 * 86_400_000
const DOCUMENTS = [
  { message: 'Failed password for root', user: { name: 'root' } },
  { message: 'accepted 100% of_it', process: { command_line: 'C:\\Windows\\System32\\cmd.exe /c "whoami"' } },
  { message: 'Größe ÜBERSCHRITTEN', host: { name: 'büro' } },
  { message: 'nul \0 and half \ud800', process: { name: 'evil' } },
  { message: 'password reset', process: { name: 'evil', pid: 4711 }, __proto__x: 1 },
]

/** 30 events over three days, two at each instant; documents in turn. */
beforeAll(async () => {
  database = await startTestDatabase()
  tenant = await newTenant(database.db)
  const events = Array.from({ length: 30 }, (_, i) =>
    storedEvent(i + 1, {
      epoch: tenant.sensorId,
      time: new Date(start + Math.floor(i / 2) * 4 * 3_600_000),
      document: JSON.stringify(DOCUMENTS[i % 5]),
      host: i % 2 ? 'web-01' : 'DB-01',
      connectorId: i < 10 ? 'c1' : 'c2',
    }),
  )
  await createIngestStore(database.db).commit(tenant, { ...batchOf(tenant.sensorId, { first: 1, last: 30 }), events })
})
afterAll(() => database?.stop())

const range = { from: new Date(start), to: new Date(start + 3 * 86_400_000) }
const search = (query: Partial<TimelineQuery>) =>
  createTimelineStore(database.db).search(tenant, { ...range, descending: true, limit: 100, ...query })
const found = async (q: string) => (await search({ q })).events.length

test.each([true, false])('pages by cursor hold every event once, in the order of time (descending %s)', async (descending) => {
  const whole = (await search({ descending })).events.map(({ id }) => id)
  expect(whole).toHaveLength(30)
  const walked: string[] = []
  let after: TimelineQuery['after']
  do {
    const page = await search({ descending, limit: 7, after })
    walked.push(...page.events.map(({ id }) => id))
    after = page.next
  } while (after && walked.length < 100)
  expect(walked).toEqual(whole)
})

test('the range is inclusive at its start and exclusive at its end, and may be any', async () => {
  expect((await search({ to: new Date(start) })).events).toHaveLength(0)
  expect((await search({ to: new Date(start + 1) })).events).toHaveLength(2)
  expect((await search({ from: new Date(start + 1), to: new Date(start + 4 * 3_600_000) })).events).toHaveLength(0)
  expect((await search({ from: new Date(-8.64e15), to: new Date(8.64e15) })).events).toHaveLength(30)
  expect((await search({ connectorId: 'c1' })).events).toHaveLength(10)
  expect((await search({ host: 'DB-01' })).events).toHaveLength(15)
})

test('words must all occur, in any case; wildcards and quotes are letters', async () => {
  expect(await found('PASSWORD')).toBe(12)
  expect(await found('password failed')).toBe(6)
  expect(await found('"password for"')).toBe(6)
  expect(await found('"for password"')).toBe(0)
  expect(await found('100%')).toBe(6)
  expect(await found('1%0')).toBe(0)
  expect(await found('of_it')).toBe(6)
  expect(await found('of.it')).toBe(0)
  expect(await found('c:\\windows\\system32')).toBe(6)
  expect(await found('größe überschritten')).toBe(6)
  expect(await found("'; drop table events; --")).toBe(0)
})

test('field:value looks in that field only, columns and document paths alike', async () => {
  expect(await found('host:db-01')).toBe(15)
  expect(await found('user.name:ana')).toBe(30)
  // Half of them hold what PostgreSQL cannot give out as text: found by the word rather than hidden.
  expect(await found('process.name:EVIL')).toBe(12)
  expect(await found('process.name:nothing')).toBe(0)
  expect(await found('dataset:failed')).toBe(0)
  expect(await found('message:"reset evil"')).toBe(0)
  expect(await found('process.command_line:"cmd.exe /c"')).toBe(6)
  expect(await found('process.pid:4711 host:web-01')).toBe(3)
  expect(await found('no.such.field:x')).toBe(0)
  expect(await found('__proto__:x constructor:y')).toBe(0)
})

test('a search reads as words, phrases and fields, and a path or an address is a word', () => {
  expect(parseSearch('a "b c" host:x user.name:"y z"')).toEqual([
    { field: undefined, text: 'a' },
    { field: undefined, text: 'b c' },
    { field: 'host', text: 'x' },
    { field: 'user.name', text: 'y z' },
  ])
  expect(parseSearch('C:\\Windows http://x/y 12:30 "open').map(({ field, text }) => [field, text])).toEqual([
    [undefined, 'C:\\Windows'],
    [undefined, 'http://x/y'],
    [undefined, '12:30'],
    [undefined, '"open'],
  ])
  expect(parseSearch('   ')).toEqual([])
  expect(parseSearch('x '.repeat(500))).toHaveLength(20)
})

test('an event is found by its id; what is no id is not an error', async () => {
  const [event] = (await search({ limit: 1 })).events
  const timeline = createTimelineStore(database.db)
  expect(await timeline.get(tenant, event?.id ?? '')).toEqual(event)
  expect(await timeline.get(tenant, 'evt-1')).toBeUndefined()
  expect((await search({ after: [start, 'forged'] })).events).toEqual([])
})

test('the histogram counts each event once and shows the empty buckets', async () => {
  const { bucketSeconds, points } = await createTimelineStore(database.db).histogram(tenant, { ...range, buckets: 36 })
  expect(bucketSeconds).toBe(7_200)
  expect(points).toHaveLength(36)
  expect(points.map(({ value }) => value).slice(0, 4)).toEqual([2, 0, 2, 0])
  expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(30)
  const only = await createTimelineStore(database.db).histogram(tenant, { ...range, q: 'root', buckets: 1 })
  expect(only.points).toMatchObject([{ value: 6 }])
})
