import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildDetectProgram, type DetectProgram } from '../../support/detect-program.ts'
import { buildChunk, buildFile, processCreation } from '../../support/evtx-builder.ts'

let picket: DetectProgram
beforeAll(() => {
  picket = buildDetectProgram()
})
afterAll(() => picket.remove())

const rule = (id: string, level: string, detection: string, more = '') => `title: Rule ${id}
id: ${id}
status: test
level: ${level}
logsource: { category: process_creation, product: windows }
${more}detection:
${detection
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}
`
const WHOAMI = rule('whoami', 'medium', "selection:\n  Image|endswith: '\\whoami.exe'\ncondition: selection")
const ENCODED = rule(
  'encoded',
  'high',
  "selection:\n  CommandLine|contains: ' -enc '\nfilter:\n  Image|endswith: '\\good.exe'\ncondition: selection and not filter",
)
const EXPANDING = rule('expanding', 'low', "selection:\n  Image|expand|endswith: '%tools%'\ncondition: selection")

const sysmon = (image: string, commandLine: string, { host = 'pc-1', time = '2024-05-01T10:00:00Z' } = {}) => ({
  EventID: 1,
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  Hostname: host,
  '@timestamp': time,
  Image: image,
  CommandLine: commandLine,
})
const EVENTS = [
  sysmon('C:\\Windows\\System32\\whoami.exe', 'whoami'),
  sysmon('C:\\Windows\\System32\\cmd.exe', 'cmd'),
  sysmon('C:\\x\\powershell.exe', 'powershell -enc AAAA', { host: 'pc-2', time: '2024-05-01T09:00:00Z' }),
  sysmon('C:\\x\\good.exe', 'good -enc AAAA', { host: 'pc-2' }),
]
const lines = (events: readonly object[] = EVENTS) => `${events.map((event) => JSON.stringify(event)).join('\n')}\n`

/** The rules above in files of their own; those named. */
function rules(...texts: readonly string[]): string[] {
  return texts.flatMap((text, index) => ['--rules', picket.write(`rule-${index}-${/id: (\w+)/.exec(text)?.[1]}.yml`, text)])
}

test('each match is a line of JSON, in the order of events; counts go to standard error', async () => {
  const file = picket.write('events.jsonl', lines())
  const { code, err, json } = await picket.run(['detect', ...rules(WHOAMI, ENCODED), file])
  expect(code).toBe(0)
  expect(json()).toEqual([
    {
      event: 0,
      file,
      rule_id: 'whoami',
      title: 'Rule whoami',
      level: 'medium',
      matched_conditions: ['selection'],
      timestamp: '2024-05-01T10:00:00Z',
      host: 'pc-1',
    },
    {
      event: 2,
      file,
      rule_id: 'encoded',
      title: 'Rule encoded',
      level: 'high',
      matched_conditions: ['selection'],
      timestamp: '2024-05-01T09:00:00Z',
      host: 'pc-2',
    },
  ])
  expect(err).toContain('2 rules loaded\n')
  expect(err).toMatch(/4 events, 0 unreadable, 2 matches in/)
})

test('event logs are matched record by record; damage is told with its place and does not stop the run', async () => {
  const chunk = buildChunk([
    processCreation(41, { image: 'C:\\Windows\\whoami.exe', computer: 'dc-1' }),
    processCreation(42),
    processCreation(43, { commandLine: 'powershell -enc AAAA' }),
  ])
  const whole = picket.write('whole.evtx', buildFile([chunk]))
  const broken = Buffer.from(chunk)
  broken[512 + broken.readUInt32LE(516) + 24] = 0x77
  const damaged = picket.write('damaged.evtx.gz', gzipSync(buildFile([broken])))
  const stats = join(picket.folder, 'damage.json')
  const { code, err, json } = await picket.run(['detect', ...rules(WHOAMI, ENCODED), '--stats', stats, whole, damaged])
  expect(code).toBe(0)
  expect(json().map(({ file, event, rule_id, host, record_id }) => [file, event, rule_id, host, record_id])).toEqual([
    [whole, 0, 'whoami', 'dc-1', 41],
    [whole, 2, 'encoded', 'host-1', 43],
    [damaged, 0, 'whoami', 'dc-1', 41],
    [damaged, 1, 'encoded', 'host-1', 43],
  ])
  expect(err).toContain(`${damaged}: byte `)
  expect(err).toContain('2 damaged places')
  expect(JSON.parse(readFileSync(stats, 'utf8'))).toMatchObject({
    losses_total: 2,
    losses: [{ kind: 'chunk_checksum' }, { kind: 'record', record_id: 42, file: damaged }],
  })
})

test('any number of threads gives the same output', async () => {
  const many = Array.from({ length: 3_000 }, (_, index) => sysmon('C:\\x\\whoami.exe', `whoami ${'x'.repeat(1_000)}`, { host: `pc-${index % 7}` }))
  const files = [
    picket.write('many.jsonl', lines(many)),
    picket.write('many.json.gz', gzipSync(JSON.stringify(many))),
    picket.write(
      'few.evtx',
      buildFile(Array.from({ length: 20 }, (_, index) => buildChunk([processCreation(index, { image: 'C:\\x\\whoami.exe' })]))),
    ),
  ]
  const run = (threads: number) => picket.run(['detect', ...rules(WHOAMI, ENCODED), '--threads', String(threads), ...files])
  const [one, two] = await Promise.all([run(1), run(2)])
  expect(one.json().map(({ event }) => event)).toEqual([...Array(3_000).keys(), ...Array(3_000).keys(), ...Array(20).keys()])
  expect(two.out).toBe(one.out)
  expect([one.code, two.code]).toEqual([0, 0])
})

test('standard input is JSON or lines by its first character', async () => {
  expect((await picket.run(['detect', ...rules(WHOAMI)], { input: lines() })).json()).toMatchObject([{ event: 0, file: '-' }])
  const { err } = await picket.run(['detect', ...rules(WHOAMI), '-'], { input: '<13>Feb 28 10:00:00 h1 a: one\n' })
  expect(err).toContain('1 event, 0 unreadable, 0 matches')
})

test('folders of events are read, other files in them are counted', async () => {
  mkdirSync(join(picket.folder, 'case', 'inner'), { recursive: true })
  picket.write('case/inner/b.jsonl', lines())
  picket.write('case/a.json', JSON.stringify(EVENTS))
  picket.write('case/readme.md', 'x')
  const { json, err } = await picket.run(['detect', ...rules(WHOAMI), join(picket.folder, 'case')])
  expect(json().map(({ file }) => file)).toEqual([join(picket.folder, 'case', 'a.json'), join(picket.folder, 'case', 'inner', 'b.jsonl')])
  expect(err).toContain('1 file of other kinds left out')
})

describe('exit codes for scripts', () => {
  const run = async (...args: string[]) => (await picket.run(['detect', ...args])).code
  test('0 where rules fired and where none did; 3 where --fail-on was reached', async () => {
    const file = picket.write('exit.jsonl', lines())
    expect(await run(...rules(WHOAMI), file)).toBe(0)
    expect(await run(...rules(WHOAMI), '--fail-on', 'medium', file)).toBe(3)
    expect(await run(...rules(WHOAMI), '--fail-on', 'high', file)).toBe(0)
    expect(await run(...rules(WHOAMI, ENCODED), '--fail-on', 'high', file)).toBe(3)
  })
  test('1 where a file could not be read, and the others are read all the same', async () => {
    const file = picket.write('exit.jsonl', lines())
    const cut = picket.write('cut.jsonl.gz', gzipSync(lines().repeat(500)).subarray(0, 80))
    const none = picket.write('none.evtx', 'this is no event log')
    for (const bad of [cut, none, join(picket.folder, 'absent.jsonl')]) {
      const { code, err, json } = await picket.run(['detect', ...rules(WHOAMI), '--fail-on', 'low', bad, file])
      expect(code).toBe(1)
      expect(err).toContain(`cannot read ${bad}: `)
      expect(json().filter((hit) => hit['file'] === file)).toHaveLength(1)
    }
  })
  test('2 for wrong usage', async () => {
    mkdirSync(join(picket.folder, 'no-rules'))
    const file = picket.write('exit.jsonl', lines())
    for (const args of [
      [],
      [...rules(WHOAMI), '--format', 'nonsense'],
      [...rules(WHOAMI), '--output', 'nonsense'],
      [...rules(WHOAMI), '--threads', '0'],
      [...rules(WHOAMI), '--level', 'loud'],
      [...rules(WHOAMI), '--event', '1'],
      [...rules(WHOAMI), '--explain', 'no-such-rule'],
      ['--rules', join(picket.folder, 'absent.yml')],
      ['--rules', join(picket.folder, 'no-rules')],
    ])
      expect(await run(...args, file)).toBe(2)
  })
})

test('--level leaves out lower rules and says so', async () => {
  const { json, err } = await picket.run(['detect', ...rules(WHOAMI, ENCODED), '--level', 'high', picket.write('e.jsonl', lines())])
  expect(json().map(({ rule_id }) => rule_id)).toEqual(['encoded'])
  expect(err).toContain('1 rule loaded, 1 below high left out')
})

test('a rejected rule is shown with file, line and reason, and the others run', async () => {
  const broken = picket.write(
    'broken.yml',
    'title: Broken\nid: broken\nlogsource: { product: windows }\ndetection:\n  selection: { a: b }\n  condition: selection and nothing\n',
  )
  const stats = join(picket.folder, 'rejected.json')
  const { json, err, code } = await picket.run(['detect', ...rules(WHOAMI), '--rules', broken, '--stats', stats, picket.write('e.jsonl', lines())])
  expect(code).toBe(0)
  expect(json()).toHaveLength(1)
  expect(err).toMatch(/1 rule loaded, 1 rejected:\n {2}\S*broken\.yml:6: .*nothing/)
  expect(JSON.parse(readFileSync(stats, 'utf8')).rejected).toMatchObject([{ file: broken, line: 6, ruleId: 'broken' }])
})

test('M13: a rule with placeholders is rejected without values and runs with them', async () => {
  const file = picket.write('e.jsonl', lines())
  expect((await picket.run(['detect', ...rules(EXPANDING), file])).err).toMatch(/1 rejected:\n.*%tools%/)
  const values = picket.write('values.yml', 'tools: [whoami.exe, cmd.exe]\n')
  const { json } = await picket.run(['detect', ...rules(EXPANDING), '--placeholders', values, file])
  expect(json().map(({ event }) => event)).toEqual([0, 1])
})

test('F1: a filter among the rules keeps them from firing, and is told in an explanation', async () => {
  const filter =
    'title: Admins\nid: admins\nlogsource: { product: windows, category: process_creation }\nfilter:\n  rules: [whoami]\n  selection: { Hostname: pc-1 }\n  condition: selection\n'
  const args = [...rules(WHOAMI), '--rules', picket.write('admins.yml', filter)]
  const file = picket.write('f.jsonl', lines([...EVENTS.slice(0, 1), { ...EVENTS[0], Hostname: 'pc-5' }]))
  const { json, err } = await picket.run(['detect', ...args, file])
  expect(json().map(({ host }) => host)).toEqual(['pc-5'])
  expect(err).toContain('1 rule loaded, 1 filter')
  expect((await picket.run(['detect', ...args, '--explain', 'whoami', '--event', '0', file])).out).toContain('excludes the event')
})

test('a correlation is not run, and that is said with its place', async () => {
  const correlation = 'title: Many\nid: many\ncorrelation:\n  type: event_count\n  rules: [whoami]\n  timespan: 5m\n  condition: { gte: 2 }\n'
  const { err } = await picket.run(['detect', ...rules(WHOAMI), '--rules', picket.write('many.yml', correlation), picket.write('e.jsonl', lines())])
  expect(err).toMatch(/many\.yml:1: a correlation counts over time/)
})

test('--stats has all that was counted', async () => {
  const stats = join(picket.folder, 'stats.json')
  const file = picket.write('e.jsonl', `${lines()}not json\n`)
  await picket.run(['detect', ...rules(WHOAMI, ENCODED), '--fail-on', 'low', '--stats', stats, file])
  expect(JSON.parse(readFileSync(stats, 'utf8'))).toEqual({
    events: 5,
    unreadable: 1,
    matches: 2,
    seconds: expect.any(Number),
    events_per_second: expect.any(Number),
    load_seconds: expect.any(Number),
    compile_seconds: expect.any(Number),
    threads: 1,
    peak_rss_bytes: expect.any(Number),
    rules: 2,
    rules_below_level: 0,
    filters: 0,
    rejected: [],
    matches_by_level: { medium: 1, high: 1 },
    matches_by_rule: [
      { rule_id: 'whoami', title: 'Rule whoami', level: 'medium', matches: 1 },
      { rule_id: 'encoded', title: 'Rule encoded', level: 'high', matches: 1 },
    ],
    files: [{ file, events: 5, unreadable: 1, matches: 2, losses: 0, slack_records: 0 }],
    files_total: 1,
    files_failed: 0,
    losses: [],
    losses_total: 0,
    exit_code: 3,
  })
})

describe('for people', () => {
  const run = async (...args: string[]) => (await picket.run(['detect', ...rules(WHOAMI, ENCODED), ...args, picket.write('p.jsonl', lines())])).out
  test('a table has a line for each match', async () => {
    const [head, first, second] = (await run('--output', 'table')).split('\n')
    expect(head).toMatch(/^TIME +LEVEL +HOST +RULE +RECORD$/)
    expect(first).toMatch(/^2024-05-01T10:00:00Z +medium +pc-1 +Rule whoami +…?\S*p\.jsonl#0$/)
    expect(second).toMatch(/^2024-05-01T09:00:00Z +high +pc-2 +Rule encoded +…?\S*p\.jsonl#2$/)
  })
  test('a summary counts by rule, the most severe first', async () => {
    const [, first, second] = (await run('--output', 'summary')).split('\n')
    expect(first).toMatch(/^high +1 +1 +2024-05-01T09:00:00Z +2024-05-01T09:00:00Z +Rule encoded$/)
    expect(second).toMatch(/^medium +1 +1 .*Rule whoami$/)
  })
  test('a timeline has first and last by rule and host, in the order they began', async () => {
    const later = lines([
      sysmon('C:\\whoami.exe', 'x', { time: '2024-05-02T10:00:00Z' }),
      sysmon('C:\\whoami.exe', 'x', { host: 'pc-9', time: '2024-05-01T08:00:00Z' }),
    ])
    const out = await run('--output', 'timeline', picket.write('later.jsonl', later))
    expect(out.split('\n').slice(1, 4)).toEqual([
      expect.stringMatching(/^2024-05-01T08:00:00Z +2024-05-01T08:00:00Z +1 +medium +pc-9 +Rule whoami$/),
      expect.stringMatching(/^2024-05-01T09:00:00Z +2024-05-01T09:00:00Z +1 +high +pc-2 +Rule encoded$/),
      expect.stringMatching(/^2024-05-01T10:00:00Z +2024-05-02T10:00:00Z +2 +medium +pc-1 +Rule whoami$/),
    ])
  })
  test('where nothing fired, that is said', async () => {
    const quiet = picket.write('quiet.jsonl', lines(EVENTS.slice(1, 2)))
    for (const output of ['table', 'summary', 'timeline'])
      expect((await picket.run(['detect', ...rules(WHOAMI), '--output', output, quiet])).out).toBe('No rule fired.\n')
  })
  test('an event cannot move the cursor of who reads it', async () => {
    const hostile = picket.write('hostile.jsonl', lines([sysmon('C:\\whoami.exe', 'x', { host: '\u001b[2Jhost\u202e' })]))
    const { out } = await picket.run(['detect', ...rules(WHOAMI), '--output', 'table', hostile])
    expect(out).toContain('\\u{1b}[2Jhost')
    expect(out).not.toContain('\u001b')
    expect(out).not.toContain('\u202e')
  })
})

describe('--explain', () => {
  const run = (...args: string[]) =>
    picket.run(['detect', ...rules(WHOAMI, ENCODED), '--explain', 'encoded', ...args, picket.write('x.jsonl', lines())])
  test('shows for people which part failed first, and what the event had', async () => {
    const { out, err, code } = await run()
    expect(code).toBe(0)
    expect(out).toMatch(/x\.jsonl#2.*\n {2}Rule encoded: fires\n {2}condition: selection and not filter/)
    expect(out).toMatch(/x\.jsonl#0.*\n {2}Rule encoded: does not fire\n {2}because "selection" does not hold/)
    expect(out).toMatch(/- CommandLine contains " -enc ": "whoami"/)
    expect(out).toMatch(/x\.jsonl#3.*\n {2}Rule encoded: does not fire\n {2}because "filter" excludes the event/)
    expect(err).toContain('4 records explained')
  })
  test('--event takes one record, and --output jsonl gives lines of JSON', async () => {
    const { json } = await run('--event', '3', '--output', 'jsonl')
    expect(json()).toMatchObject([
      {
        event: 3,
        rule_id: 'encoded',
        matched: false,
        applies: true,
        first_failure: expect.stringContaining('filter'),
        searches: [{ name: 'selection' }, { name: 'filter' }],
      },
    ])
  })
  test('an event of another log source is told so', async () => {
    const other = picket.write('other.jsonl', lines([{ ...EVENTS[0], EventID: 3 }]))
    const { out, err } = await picket.run(['detect', ...rules(ENCODED), '--explain', 'encoded', other])
    expect(out).toContain('does not fire\n  because the rule is for windows, process_creation')
    expect(err).toContain('1 of other log sources')
  })
  test('a rejected rule says why it cannot be explained', async () => {
    const { err, code } = await picket.run(['detect', ...rules(EXPANDING), '--explain', 'expanding', picket.write('x.jsonl', lines())])
    expect(code).toBe(2)
    expect(err).toContain('%tools%')
  })
})
