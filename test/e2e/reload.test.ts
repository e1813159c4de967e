import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sigmaRule, wordRule } from '../support/detection-rules.ts'
import { eventually, type System, startSystem } from '../support/system.ts'

let rules: string
let system: System
beforeAll(async () => {
  rules = await mkdtemp(join(tmpdir(), 'picket-rules-'))
  await writeFile(join(rules, 'first.yml'), wordRule('first', 'one'))
  await writeFile(join(rules, 'admins.yml'), sigmaRule('admins', { sel: { 'user.name|expand': '%admins%' }, condition: 'sel' }))
  await writeFile(join(rules, 'values.json'), JSON.stringify({ admins: ['root'] }))
  system = await startSystem({
    sensor: false,
    env: {
      PICKET_RULES: JSON.stringify([rules]),
      PICKET_RULE_PLACEHOLDERS: join(rules, 'values.json'),
      PICKET_DETECTION_WORKERS: '1',
      PICKET_LOG_LEVEL: 'info',
    },
  })
})
afterAll(async () => {
  await system?.stop()
  await rm(rules, { recursive: true, force: true })
})

const listed = async () => (await system.api<{ rules: { id: string }[] }>('GET', '/v1/detection/rules')).rules.map(({ id }) => id)
const reload = () => {
  if (system.hub.pid === undefined) throw new Error('the hub does not run')
  process.kill(system.hub.pid, 'SIGHUP')
}

test('SIGHUP puts the rules of the folder in force while the hub runs; a set that cannot be used leaves the old one', async () => {
  expect(await listed()).toEqual(['admins', 'first'])
  const { pid } = system.hub
  await writeFile(join(rules, 'second.yml'), wordRule('second', 'two'))
  reload()
  await eventually(async () => (await listed()).join() === 'admins,first,second')

  for (const name of ['first', 'second', 'admins']) await writeFile(join(rules, `${name}.yml`), 'title: Nothing to detect\nlogsource: {}\n')
  reload()
  await eventually(async () => system.hub.output().includes('those in force stay'))
  expect(await listed()).toEqual(['admins', 'first', 'second'])
  const fires = await system.api<{ results: { matched: boolean }[] }>('POST', '/v1/detection/rules/second/test', { events: [{ message: 'two' }] })
  expect(fires.results).toMatchObject([{ matched: true }])

  await rm(rules, { recursive: true })
  reload()
  await eventually(async () => system.hub.output().includes('ENOENT'))
  expect(await (await fetch(`${system.httpUrl}/metrics`)).text()).toContain('picket_rules_suspended 0')
  expect([await listed(), system.hub.pid]).toEqual([['admins', 'first', 'second'], pid])
})
