import { expect, test } from 'vitest'
import { FilterInvalid } from '../../../sensor/prefilter/compile.ts'
import { createEdgeRules } from '../../../sensor/prefilter/edge-rules.ts'
import { createPrefilter } from '../../../sensor/prefilter/prefilter.ts'
import type { PicketEvent } from '../../../shared/event/event.ts'
import { PreFilter } from '../../../shared/pack/pack.ts'

const filter = (rest: object): PreFilter =>
  PreFilter.parse({
    id: 'f1',
    name: 'noise',
    enabled: true,
    action: 'drop',
    detection: { selection: { 'user.name': 'noisy' }, condition: 'selection' },
    ...rest,
  })

const eventOf = (user: string, product = 'linux'): PicketEvent => ({
  time: new Date(0),
  observedAt: new Date(0),
  dataset: 'test',
  logsource: { product, categories: [] },
  rawBytes: 10,
  parsed: true,
  document: { user: { name: user } },
})

test('drop: what the condition matches goes no further, and both counters move', () => {
  const prefilter = createPrefilter([filter({})])
  expect(['noisy', 'ana', 'noisy'].map((user) => prefilter.apply(eventOf(user)))).toEqual(['drop', 'pass', 'drop'])
  expect(prefilter.reports()).toEqual([{ filterId: 'f1', name: 'noise', checkedTotal: 3, hitTotal: 2 }])
})

test('keep: once one is enabled, only what a keep filter matches passes; a drop filter still drops it', () => {
  const keepAna = filter({ id: 'k', action: 'keep', detection: { selection: { 'user.name|startswith': 'an' }, condition: 'selection' } })
  const dropAnton = filter({ detection: { selection: { 'user.name': 'anton' }, condition: 'selection' } })
  const prefilter = createPrefilter([keepAna, dropAnton])
  expect(['ana', 'bob', 'anton'].map((user) => prefilter.apply(eventOf(user)))).toEqual(['pass', 'drop', 'drop'])
})

test('sample: the first of every one_in passes', () => {
  const prefilter = createPrefilter([filter({ action: 'sample', one_in: 3 })])
  expect([1, 2, 3, 4, 5, 6, 7].map(() => prefilter.apply(eventOf('noisy')))).toEqual(['pass', 'drop', 'drop', 'pass', 'drop', 'drop', 'pass'])
})

test('a disabled filter does nothing and still reports its counters', () => {
  const prefilter = createPrefilter([filter({ enabled: false })], [{ filterId: 'f1', name: 'noise', checkedTotal: 9, hitTotal: 4 }])
  expect(prefilter.apply(eventOf('noisy'))).toBe('pass')
  expect(prefilter.reports()).toEqual([{ filterId: 'f1', name: 'noise', checkedTotal: 9, hitTotal: 4 }])
})

test('a filter for one log source leaves the others alone and does not count them', () => {
  const prefilter = createPrefilter([filter({ logsource: { product: 'windows' } })])
  expect(prefilter.apply(eventOf('noisy', 'linux'))).toBe('pass')
  expect(prefilter.apply(eventOf('noisy', 'windows'))).toBe('drop')
  expect(prefilter.reports()[0]).toMatchObject({ checkedTotal: 1, hitTotal: 1 })
})

test('counters go on when the pack around a filter changes', () => {
  const first = createPrefilter([filter({})])
  first.apply(eventOf('noisy'))
  const second = createPrefilter([filter({ name: 'renamed' }), filter({ id: 'f2' })], first.reports())
  second.apply(eventOf('noisy'))
  expect(second.reports()).toEqual([
    { filterId: 'f1', name: 'renamed', checkedTotal: 2, hitTotal: 2 },
    { filterId: 'f2', name: 'noise', checkedTotal: 1, hitTotal: 1 },
  ])
})

test('a filter that cannot be compiled is refused by its name', () => {
  expect(() => createPrefilter([filter({ name: 'broken', detection: { condition: 'nothing' } })])).toThrow(FilterInvalid)
  expect(() => createPrefilter([filter({ name: 'broken', detection: { condition: 'nothing' } })])).toThrow(/broken/)
  expect(() => createPrefilter([filter({ action: 'sample' })])).toThrow(/one_in/)
})

test('a filter whose text looks like YAML stays data', () => {
  const odd = filter({ name: '--- # : {x', detection: { selection: { 'user.name': '---\nyes: *a' }, condition: 'selection' } })
  expect(createPrefilter([odd]).apply(eventOf('---\nyes: *a'))).toBe('drop')
})

test('edge rules say which of them fired, by the id of the pack', () => {
  const source = `title: Root
id: 11111111-2222-3333-4444-555555555555
status: stable
level: high
logsource: { product: linux }
detection:
  selection: { user.name: root }
  condition: selection`
  const edge = createEdgeRules([{ id: 'edge-1', source }])
  expect(edge.fired(eventOf('root'))).toEqual(['edge-1'])
  expect(edge.fired(eventOf('ana'))).toEqual([])
  expect(() => createEdgeRules([{ id: 'edge-1', source: 'title: no detection' }])).toThrow(/edge-1/)
})
