import { describe, expect, test } from 'vitest'
import { linkRules, parseRules, type SigmaCorrelation } from '../../../shared/sigma/sigma.ts'

/** A correlation's document with this section, which is given as flow YAML without its braces. */
const text = (section: string, more = '') => `title: Many\n${more}correlation:\n${section.replace(/^/gm, '  ')}\n`

function parsed(section: string, more?: string): SigmaCorrelation {
  const { correlations, problems } = parseRules(text(section, more), 'c.yml')
  const [correlation] = correlations
  if (!correlation) throw new Error(problems[0]?.reason)
  return correlation
}

function refusal(section: string): { code: string; line: number; reason: string } | undefined {
  const { correlations, problems } = parseRules(text(section), 'c.yml')
  expect(correlations).toHaveLength(problems.length === 0 ? 1 : 0)
  return problems[0] && { code: problems[0].code, line: problems[0].line, reason: problems[0].reason }
}

const COUNT = 'type: event_count\nrules: failed\ngroup-by: [user, host]\ntimespan: 10m\ncondition: {gte: 5}'

test('X1 event_count, with everything a correlation says about itself', () => {
  const document = `title: Many\nid: c1\nname: many\nstatus: test\nlevel: high\ndescription: d\ntags: [attack.t1110]\nfalsepositives: [x]\ndate: 2025-01-02\n`
  const { correlations, rules, problems } = parseRules(`${document}correlation:\n${COUNT.replace(/^/gm, '  ')}\n`, 'c.yml')
  expect([rules, problems]).toEqual([[], []])
  expect(correlations).toMatchObject([
    {
      id: 'c1',
      name: 'many',
      level: 'high',
      status: 'test',
      mitre: { techniques: ['T1110'] },
      date: '2025-01-02',
      falsePositives: ['x'],
      type: 'event_count',
      rules: ['failed'],
      groupBy: ['user', 'host'],
      timespanSeconds: 600,
      condition: [{ operator: 'gte', value: 5 }],
      fields: undefined,
      aliases: {},
      generate: false,
      file: 'c.yml',
      line: 1,
    },
  ])
})

test.each(['gt', 'gte', 'lt', 'lte', 'eq', 'neq'])('X1 the comparison %s, also of a fraction', (operator) => {
  expect(parsed(COUNT.replace('gte: 5', `${operator}: 2.5`)).condition).toEqual([{ operator, value: 2.5 }])
})

test('X1 two comparisons are a range', () => {
  expect(parsed(COUNT.replace('gte: 5', 'gt: 100, lte: 200')).condition).toEqual([
    { operator: 'gt', value: 100 },
    { operator: 'lte', value: 200 },
  ])
})

test.each(['gt: 5, lt: 5', 'gt: 5, lte: 5', 'gte: 9, lte: 3', 'eq: 1, neq: 1', 'eq: 1, gt: 1'])(
  'X1 a range that no number fits is refused: %s',
  (range) => {
    expect(refusal(COUNT.replace('gte: 5', range))).toMatchObject({ code: 'correlation_condition', line: 7 })
  },
)

test.each(['gte: 5, lte: 5', 'eq: 1, gte: 1', 'neq: 3, gt: 2'])('X1 a range that some number fits is taken: %s', (range) => {
  expect(refusal(COUNT.replace('gte: 5', range))).toBeUndefined()
})

test('X1 without group-by all matches are one group; a single field needs no list', () => {
  expect(parsed(COUNT.replace(/group-by.*\n/, '')).groupBy).toEqual([])
  expect(parsed(COUNT.replace('[user, host]', 'user')).groupBy).toEqual(['user'])
})

test('X2 value_count counts one field, or tuples of several', () => {
  const values = COUNT.replace('event_count', 'value_count')
  expect(parsed(values.replace('gte: 5', 'field: host, gte: 5'))).toMatchObject({ type: 'value_count', fields: ['host'] })
  expect(parsed(values.replace('gte: 5', 'field: [host, port], gte: 5')).fields).toEqual(['host', 'port'])
  expect(refusal(values)).toMatchObject({ code: 'correlation_condition', line: 7, reason: expect.stringContaining('needs a field') })
  expect(refusal(COUNT.replace('gte: 5', 'field: host, gte: 5'))?.reason).toContain('use value_count')
})

test.each(['temporal', 'temporal_ordered'])('X3 %s takes rules in order; its condition is optional', (type) => {
  const section = `type: ${type}\nrules: [a, b, c]\ngroup-by: user\ntimespan: 1h`
  expect(parsed(section)).toMatchObject({ type, rules: ['a', 'b', 'c'], timespanSeconds: 3_600 })
  expect([parsed(section).condition, parsed(section).expression]).toEqual([undefined, undefined])
  expect(parsed(`${section}\ncondition: {gte: 2}`).condition).toEqual([{ operator: 'gte', value: 2 }])
})

test.each(['value_sum', 'value_avg', 'value_median'])('X4 X5 %s is of one field', (type) => {
  const values = COUNT.replace('event_count', type)
  expect(parsed(values.replace('gte: 5', 'field: bytes, gt: 1000000'))).toMatchObject({ type, fields: ['bytes'], percentile: undefined })
  expect(refusal(values.replace('gte: 5', 'field: [a, b], gt: 1'))?.reason).toContain('one field')
})

test('X4 value_percentile needs its percentile, from 0 to 100', () => {
  const values = (condition: string) => COUNT.replace('event_count', 'value_percentile').replace('gte: 5', condition)
  expect(parsed(values('field: bytes, percentile: 95, gt: 10'))).toMatchObject({ percentile: 95, fields: ['bytes'] })
  expect([0, 100].map((percentile) => refusal(values(`field: bytes, percentile: ${percentile}, gt: 10`)))).toEqual([undefined, undefined])
  for (const condition of ['field: bytes, gt: 10', 'field: bytes, percentile: 101, gt: 10', 'field: bytes, percentile: x, gt: 10'])
    expect(refusal(values(condition))).toMatchObject({ code: 'correlation_condition', line: 7, reason: expect.stringContaining('percentile') })
  expect(refusal(COUNT.replace('gte: 5', 'percentile: 5, gte: 5'))?.reason).toContain('value_percentile')
})

describe('X5 boolean conditions', () => {
  const extended = (condition: string, rules = '[a, b, c]', type = 'temporal') =>
    `type: ${type}\n${rules === '' ? '' : `rules: ${rules}\n`}timespan: 5m\ncondition: ${condition}`
  const a = { kind: 'rule', rule: 'a' }
  const [b, c] = ['b', 'c'].map((rule) => ({ kind: 'rule', rule }))

  test('X5 a temporal correlation with a boolean condition is an extended one', () => {
    expect(parsed(extended('a and (b or not c)'))).toMatchObject({
      type: 'temporal_extended',
      expression: { kind: 'and', of: [a, { kind: 'or', of: [b, { kind: 'not', of: c }] }] },
    })
    expect(parsed(extended('a and b', '[b, a]', 'temporal_ordered'))).toMatchObject({ type: 'temporal_ordered_extended', rules: ['b', 'a'] })
    expect(parsed(extended('a', '[a]', 'temporal_extended')).type).toBe('temporal_extended')
    expect(parsed(extended('a', '[a]', 'temporal_ordered_extended')).type).toBe('temporal_ordered_extended')
  })

  test('X5 not binds closer than and, and closer than or', () => {
    expect(parsed(extended('a or not b and c')).expression).toEqual({ kind: 'or', of: [a, { kind: 'and', of: [{ kind: 'not', of: b }, c] }] })
  })

  test('X5 without a list of rules the condition names them', () => {
    expect(parsed(extended('c and not a or c', '')).rules).toEqual(['c', 'a'])
  })

  test.each([
    ['names a rule that is not listed', extended('a and d', '[a]'), 'correlation', 5],
    ['leaves out a listed rule', extended('a', '[a, b]'), 'correlation', 4],
    ['holds of nothing', extended('not a', '[a]'), 'condition', 6],
    ['holds of nothing, in part', extended('a or not b', '[a, b]'), 'condition', 6],
    ['is no expression', extended('a and', '[a]'), 'condition', 6],
    ['is empty', extended("''", '[a]'), 'condition', 6],
    ['is of a count', extended('a', '[a]', 'event_count'), 'correlation', 6],
    ['is missing', 'type: temporal_extended\nrules: [a]\ntimespan: 5m', 'correlation', 3],
  ])('X5 one that %s is refused', (_, section, code, line) => {
    expect(refusal(section)).toMatchObject({ code, line: section.includes("d'") ? line : expect.any(Number) })
  })
})

test('X7 aliases give the field of each rule', () => {
  const aliases = 'aliases:\n  ip:\n    failed: source.ip\n    other: destination.ip'
  expect(parsed(`${COUNT.replace('rules: failed', 'rules: [failed, other]')}\n${aliases}`).aliases).toEqual({
    ip: { failed: 'source.ip', other: 'destination.ip' },
  })
  for (const wrong of ['aliases: ip', 'aliases:\n  ip: x', 'aliases:\n  ip:\n    failed: [a]', 'aliases:\n  ip: {}'])
    expect(refusal(`${COUNT}\n${wrong}`)).toMatchObject({ code: 'correlation' })
  expect(refusal(`${COUNT}\naliases:\n  ip:\n    failed: null`)?.line).toBe(10)
})

test.each([
  ['45s', 45],
  ['10m', 600],
  ['2h', 7_200],
  ['7d', 604_800],
])('X8 the timespan %s is %d seconds', (timespan, seconds) => {
  expect(parsed(COUNT.replace('10m', timespan)).timespanSeconds).toBe(seconds)
})

test.each(['10M', '10', '10 m', '0m', '-5m', '1.5h', '1w', 'm', '[1m]', '9999999999d'])('X8 the timespan %s is refused at its line', (timespan) => {
  expect(refusal(COUNT.replace('10m', timespan))).toMatchObject({ code: 'timespan', line: 6 })
})

test('X9 generate is false unless it says true, inside the section or beside it', () => {
  expect([parsed(COUNT).generate, parsed(`${COUNT}\ngenerate: true`).generate, parsed(COUNT, 'generate: true\n').generate]).toEqual([
    false,
    true,
    true,
  ])
  expect(refusal(`${COUNT}\ngenerate: sometimes`)).toMatchObject({ code: 'correlation', line: 8 })
})

test.each([
  ['a type', COUNT.replace(/type.*\n/, ''), 'missing_field', 2],
  ['a known type', COUNT.replace('event_count', 'event_sum'), 'correlation', 3],
  ['rules', COUNT.replace(/rules.*\n/, ''), 'missing_field', 2],
  ['any rule', COUNT.replace('failed', '[]'), 'missing_field', 4],
  ['a timespan', COUNT.replace(/timespan.*\n/, ''), 'missing_field', 2],
  ['a condition', COUNT.replace(/\ncondition.*/, ''), 'missing_field', 2],
  ['a comparison', COUNT.replace('gte: 5', ''), 'correlation_condition', 7],
  ['a known comparison', COUNT.replace('gte', 'atleast'), 'correlation_condition', 7],
  ['a number to compare with', COUNT.replace('5', 'many'), 'correlation_condition', 7],
  ['its keys spelt right', COUNT.replace('group-by', 'group_by'), 'correlation', 5],
  ['its keys spelt right', COUNT.replace('timespan', 'timeframe'), 'correlation', 6],
])('X1 a correlation without %s is refused at its line', (_, section, code, line) => {
  expect(refusal(section)).toMatchObject({ code, line })
})

describe('what correlations refer to', () => {
  const rule = (name: string, id = '') =>
    `title: ${name}\nname: ${name}\n${id && `id: ${id}\n`}logsource: {product: x}\ndetection: {s: {a: '${name}'}, condition: s}\n`
  const temporal = (name: string, rules: string, more = '') =>
    `title: ${name}\nname: ${name}\ncorrelation:\n  type: temporal\n  rules: ${rules}\n  timespan: 1m\n${more}`
  const link = (...texts: string[]) => {
    const all = texts.map((each, i) => parseRules(each, `${i}.yml`))
    expect(all.flatMap(({ problems }) => problems)).toEqual([])
    return linkRules({
      rules: all.flatMap(({ rules }) => rules),
      filters: [],
      correlations: all.flatMap(({ correlations }) => correlations),
    }).map(({ file, line, title, code, reason }) => ({ file, line, title, code, reason }))
  }
  const ID = '5638f7c0-ac70-491d-8465-2a65075e0d86'

  test('X10 rules are found by id or name, also in other files and later ones', () => {
    expect(link(temporal('c', `[r, ${ID}]`), rule('r'), rule('s', ID))).toEqual([])
  })

  test('X10 an unknown rule and an ambiguous name are reported at their line', () => {
    expect(link(temporal('c', '\n    - r\n    - nobody'), `${rule('r')}---\n${rule('r')}`)).toMatchObject([
      { file: '0.yml', line: 6, title: 'c', code: 'ambiguous_rule', reason: expect.stringContaining('1.yml:1, 1.yml:6') },
      { file: '0.yml', line: 7, title: 'c', code: 'unknown_rule' },
    ])
  })

  test('X6 correlations of correlations are fine until they go round in a circle', () => {
    expect(link(temporal('outer', '[inner, r]'), temporal('inner', '[r]'), rule('r'))).toEqual([])
    expect(
      link(temporal('one', '[r, two]'), temporal('two', '[three]'), temporal('three', '[one]'), temporal('above', '[two]'), rule('r')),
    ).toMatchObject([
      { title: 'one', code: 'cyclic_correlation', line: 5 },
      { title: 'two', code: 'cyclic_correlation' },
      { title: 'three', code: 'cyclic_correlation' },
      { title: 'above', code: 'cyclic_correlation' },
    ])
    expect(link(temporal('self', '[self]'))).toMatchObject([{ code: 'cyclic_correlation' }])
  })

  test('X6 a chain of twenty thousand correlations is checked without overflow', () => {
    const [first] = parseRules(temporal('c', '[r]'), 'c.yml').correlations
    const { rules } = parseRules(rule('r'), 'r.yml')
    if (!first) throw new Error('not parsed')
    const chain = Array.from({ length: 20_000 }, (_, i) => ({ ...first, id: `${i}`, name: `c${i}`, rules: [i === 0 ? 'r' : `c${i - 1}`] }))
    expect(linkRules({ rules, filters: [], correlations: chain })).toEqual([])
  })

  test('X7 an alias of a rule the correlation does not have is reported', () => {
    const aliases = (name: string) => `  aliases:\n    ip:\n      r: source.ip\n      ${name}: destination.ip\n`
    expect(link(temporal('c', `[r, ${ID}]`, aliases('s')), rule('r'), rule('s', ID), rule('t'))).toEqual([])
    expect(link(temporal('c', `[r, ${ID}]`, aliases('t')), rule('r'), rule('s', ID), rule('t'))).toMatchObject([{ code: 'unknown_rule', line: 10 }])
  })
})
