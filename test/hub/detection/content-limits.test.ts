import { expect, test } from 'vitest'
import { createOwnRules } from '../../../hub/detection/content/own-rules.ts'
import type { TenantRuleStore } from '../../../hub/detection/content/ports.ts'
import type { TenantContent, TenantViews } from '../../../hub/detection/content/tenant-views.ts'
import { createTrials } from '../../../hub/detection/content/trials.ts'
import { createValueLists } from '../../../hub/detection/content/value-lists.ts'

const tenant = { tenantId: 't' }
/** A tenant that already has this much, and stores that would take more. */
const full = (content: Partial<TenantContent>): TenantViews => {
  const all = { settings: new Map(), rules: new Map(), exceptions: [], valueLists: new Map(), placeholders: new Map(), ...content }
  return { of: () => all, load: async () => 1, change: (_, work) => work(all), close: () => {} }
}
const store = new Proxy({} as TenantRuleStore, { get: (_, name) => () => Promise.reject(new Error(`${String(name)} was called`)) })

test('beyond 500 rules, 100 value lists or 200,000 values of a tenant the next one is refused with what to do', async () => {
  const trials = createTrials('unused.mjs')
  const filled = <T>(length: number) => new Map(Array.from({ length }, (_, i) => [`n${i}`, {} as T]))
  const rules = createOwnRules({
    ...{ views: full({ rules: filled(500) }), store, trials, isShared: () => false, now: () => new Date(), newId: () => 'id' },
  })
  await expect(rules.create(tenant, 'ana', { source: 'title: T' })).rejects.toMatchObject({
    code: 'LIMIT_REACHED',
    message: expect.stringContaining('500'),
  })

  const list = (values: number) => ({ name: 'big', values: Array(values).fill('v'), revision: 1 }) as never
  const lists = (views: TenantViews) => createValueLists(views, store as never, () => new Date())
  const one = { name: 'one', values: ['v'] }
  await expect(lists(full({ valueLists: filled(100) })).create(tenant, 'ana', one)).rejects.toMatchObject({ code: 'LIMIT_REACHED' })
  const large = lists(full({ valueLists: new Map([['big', list(200_000)]]) }))
  await expect(large.create(tenant, 'ana', one)).rejects.toMatchObject({ code: 'LIMIT_REACHED', message: expect.stringContaining('200,000') })
  // What is replaced does not count twice.
  await expect(large.change(tenant, 'ana', 'big', { values: ['v'] })).rejects.toThrow('update was called')
})

test('beyond 8 MB of rules or value lists together the next one is refused; what takes the place of another counts for it', async () => {
  const trials = createTrials('unused.mjs')
  const stored = (id: string) => ({ id, source: 'x'.repeat(256 * 1024), revision: 1 })
  const rules = new Map(Array.from({ length: 32 }, (_, i) => [`r${i}`, { stored: stored(`r${i}`) } as never]))
  const own = createOwnRules({
    ...{ views: full({ rules }), store, trials, isShared: () => false, now: () => new Date(), newId: () => 'id' },
  })
  await expect(own.create(tenant, 'ana', { source: 'title: T' })).rejects.toMatchObject({
    code: 'LIMIT_REACHED',
    message: expect.stringContaining('8,388,608 bytes'),
  })
  const list = (name: string) => ({ name, values: ['v'.repeat(1_000_000)], revision: 1 }) as never
  const lists = createValueLists(
    full({ valueLists: new Map(Array.from({ length: 8 }, (_, i) => [`l${i}`, list(`l${i}`)])) }),
    store as never,
    () => new Date(),
  )
  await expect(lists.create(tenant, 'ana', { name: 'one', values: ['v'] })).rejects.toMatchObject({ code: 'LIMIT_REACHED' })
  await expect(lists.change(tenant, 'ana', 'l0', { values: ['v'] })).rejects.toThrow('update was called')
  await trials.close()
})
