import { expect, test } from 'vitest'
import { CHECKS } from '../../../shared/sigma/lint/checks.ts'
import { lintRules } from '../../../shared/sigma/lint/lint.ts'
import { unknownPart } from '../../../shared/sigma/lint/logsources.ts'
import { VENDOR_SHAPES } from '../../../shared/sigma/taxonomies/vendor-shapes.ts'

const HEAD = `title: Certutil Fetches a File
id: 0b7163dc-7eee-4960-af17-c0cd517f92da
status: test
description: What it finds.
author: Ana
date: 2026-01-02
tags:
  - attack.command-and-control
  - attack.t1105
falsepositives:
  - Unknown
level: high
`
const LOGSOURCE = `logsource:
  product: windows
  category: process_creation
`
const DETECTION = `detection:
  selection:
    Image|endswith: \\certutil.exe
  condition: selection
`
const GOOD = `${HEAD}${LOGSOURCE}${DETECTION}`
/** Lines before the detection section's own content. */
const ABOVE = GOOD.slice(0, GOOD.indexOf('  selection:')).split('\n').length - 1

const withDetection = (section: string): string => `${HEAD}${LOGSOURCE}detection:\n${section.replace(/^/gm, '  ')}\n`
const withHead = (from: string, to: string): string => {
  expect(GOOD).toContain(from)
  return GOOD.replace(from, to)
}
const lint = (...texts: string[]) => lintRules(texts.map((text, index) => ({ file: `${index}.yml`, text })))

test('a rule that says all it should, well, has no finding', () => {
  expect(lint(GOOD)).toEqual([])
})

/** A rule with one fault, where it is found, and what the message must say. */
const FAULTS: readonly (readonly [code: string, text: string, line: number, message: RegExp])[] = [
  ['unusable', withHead('level: high', 'level: urgent'), 12, /"urgent" is not one of informational/],
  ['unusable', 'title: [', 1, /./],
  ['needs_placeholders', withDetection('s:\n  User|expand: "%admins%"\ncondition: s'), ABOVE + 2, /%admins%.*value list/],
  ['field_type', withHead('author: Ana', 'author:\n  - Ana'), 5, /author must be text/],
  ['field_type', `${GOOD}related:\n  - id: 0b7163dc-7eee-4960-af17-c0cd517f92db\n    type: cousin\n`, ABOVE + 4, /related must be a list of maps/],
  ['key_misspelt', withHead('falsepositives:', 'falspositives:'), 10, /did you mean "falsepositives"/],
  ['id_missing', withHead('id: 0b7163dc-7eee-4960-af17-c0cd517f92da\n', ''), 1, /give it a random UUID/],
  ['id_form', withHead('f92da', 'f92'), 2, /no UUID/],
  ['title_length', withHead('Certutil Fetches a File', 'x'.repeat(257)), 1, /257 characters; the limit is 256/],
  ['status_value', withHead('status: test', 'status: done'), 3, /"done" is not one of stable, test/],
  ['level_missing', withHead('level: high\n', ''), 1, /rank as medium/],
  ['metadata_missing', withHead('author: Ana\n', ''), 1, /no author/],
  ['date_form', withHead('2026-01-02', '2026/1/2'), 6, /no day written YYYY-MM-DD/],
  ['date_form', withHead('2026-01-02', '2026/01/02'), 6, /write 2026-01-02/],
  ['date_form', withHead('2026-01-02', '2026-02-30'), 6, /no day/],
  ['date_order', withHead('date: 2026-01-02', 'date: 2026-01-02\nmodified: 2026-01-01'), 7, /modified \(2026-01-01\) lies before date/],
  ['tag_form', withHead('attack.t1105', 'Attack.T1105'), 9, /lower case/],
  ['tag_form', withHead('attack.t1105', 'tlp.purple'), 9, /tlp\.amber/],
  ['attack_tag', withHead('attack.t1105', 'attack.t1058'), 9, /no technique T1058/],
  ['attack_tag', withHead('attack.t1105', 'attack.t1059.099'), 9, /no technique T1059\.099/],
  ['attack_tag', withHead('command-and-control', 'command_and_control'), 8, /did you mean attack\.command-and-control/],
  ['attack_tag', withHead('command-and-control', 'persistance'), 8, /did you mean attack\.persistence/],
  ['logsource_unknown', withHead('process_creation', 'proces_creation'), 15, /did you mean "process_creation"/],
  ['logsource_unknown', withHead('product: windows', 'product: solaris'), 14, /product "solaris"/],
  ['field_unknown', withDetection('s:\n  Commandline|contains: x.exe\ncondition: s'), ABOVE + 2, /did you mean "CommandLine"/],
  [
    'field_unknown',
    withDetection('s:\n  QueryName|contains: x.exe\ncondition: s'),
    ABOVE + 2,
    /no windows\/process_creation event has a field "QueryName"/,
  ],
  [
    'field_unmapped',
    `${HEAD}logsource:\n  product: okta\n  service: okta\ndetection:\n  s:\n    somethingNew: abc\n  condition: s\n`,
    18,
    /no taxonomy names "somethingNew"/,
  ],
  ['search_unused', withDetection('s:\n  Image: a.exe\nfilter:\n  Image: b.exe\ncondition: s'), ABOVE + 3, /does not use "filter"/],
  ['search_unused', withDetection('s:\n  Image: a.exe\n_helper:\n  Image: b.exe\ncondition: all of them'), ABOVE + 3, /does not use "_helper"/],
  ['of_single', withDetection('sel_a:\n  Image: a.exe\ncondition: 1 of sel_*'), ABOVE + 3, /"1 of sel_\*" is only "sel_a"/],
  ['never_fires', withDetection('s:\n  Image: a.exe\ncondition: s and not s'), ABOVE + 3, /no event can fulfil/],
  [
    'never_fires',
    withDetection('s:\n  Image|endswith: \\cmd.exe\nf:\n  Image|endswith: .exe\ncondition: s and not f'),
    ABOVE + 5,
    /no event can fulfil/,
  ],
  ['never_fires', withDetection('a:\n  Image: a.exe\nb:\n  Image|startswith: b\ncondition: all of them'), ABOVE + 5, /no event can fulfil/],
  ['never_fires', withDetection('a:\n  EventID|gt: 5\nb:\n  EventID|lte: 5\ncondition: a and b'), ABOVE + 5, /no event can fulfil/],
  [
    'search_dead',
    withDetection('s:\n  Image|endswith: \\cmd.exe\nf:\n  Image: C:\\other.exe\ncondition: s and not f'),
    ABOVE + 3,
    /"f" excludes nothing/,
  ],
  ['search_dead', withDetection('s:\n  Image|endswith: \\cmd.exe\nt:\n  Image|contains: cmd\ncondition: s and t'), ABOVE + 3, /"t" adds nothing/],
  ['value_duplicate', withDetection('s:\n  Image:\n    - a.exe\n    - A.EXE\ncondition: s'), ABOVE + 4, /"A\.EXE" is in the list already/],
  [
    'value_covered',
    withDetection('s:\n  CommandLine|contains:\n    - -encoded\n    - -enc\ncondition: s'),
    ABOVE + 3,
    /"-encoded" adds nothing: "-enc" finds all of it/,
  ],
  [
    'value_covered',
    withDetection('s:\n  CommandLine|contains|all:\n    - -encoded\n    - -enc\ncondition: s'),
    ABOVE + 4,
    /"-enc" adds nothing: whatever holds "-encoded" holds it/,
  ],
  ['null_in_list', withDetection('s:\n  User:\n    - root\n    - null\ncondition: s'), ABOVE + 4, /"User: null" a search identifier of its own/],
  ['wildcard_redundant', withDetection("s:\n  CommandLine|contains: '*mimi*'\ncondition: s"), ABOVE + 2, /remove it/],
  ['matches_anything', withDetection("s:\n  Image: a.exe\n  User|contains: ''\ncondition: s"), ABOVE + 3, /write "User\|exists: true"/],
  [
    'number_rewritten',
    withDetection('s:\n  Image: a.exe\n  Hashes: 0x1010 # rights\ncondition: s'),
    ABOVE + 3,
    /reads 0x1010 as the number 4112.*write '0x1010'/,
  ],
  ['number_rewritten', withDetection('s:\n  FileVersion:\n    - 1\n    - 1.10\ncondition: s'), ABOVE + 4, /1\.10 as the number 1\.1/],
  ['all_single', withDetection('s:\n  CommandLine|contains|all: x.exe\ncondition: s'), ABOVE + 2, /remove "\|all"/],
  ['regex_slow', withDetection("s:\n  CommandLine|re: '[a-z]{40}'\ncondition: s"), ABOVE + 2, /add a "contains"/],
  ['regex_leading_any', withDetection("s:\n  CommandLine|re: '.*secret'\ncondition: s"), ABOVE + 2, /only costs time/],
  ['keywords_busy', withDetection('s:\n  - mimikatz\ncondition: s'), ABOVE + 1, /name the field/],
  ['no_index', withDetection('s:\n  Image|exists: true\ncondition: s'), ABOVE + 3, /every windows\/process_creation event/],
  [
    'reference_unresolved',
    'title: Many\nid: 0b7163dc-7eee-4960-af17-c0cd517f92db\ncorrelation:\n  type: event_count\n  rules:\n    - nobody\n  group-by:\n    - User\n  timespan: 5m\n  condition:\n    gte: 10\n',
    6,
    /no rule has the id or name "nobody"/,
  ],
  ['logsource_empty', withHead(LOGSOURCE, 'logsource:\n  definition: anything\n'), 13, /names no product, category or service/],
]

test.each(FAULTS)('%s: %#', (code, text, line, message) => {
  const findings = lint(text).filter((finding) => finding.code === code)
  expect(findings, JSON.stringify(lint(text))).toMatchObject([{ line, file: '0.yml' }])
  expect(findings[0]?.message).toMatch(message)
})

/** Rules that look like the faults above and are sound; the check named must not speak of them. */
const SOUND: readonly (readonly [code: string, text: string])[] = [
  ['title_length', withHead('Certutil Fetches a File', 'x'.repeat(256))],
  ['date_form', withHead('2026-01-02', '2024-02-29')],
  ['date_order', withHead('date: 2026-01-02', 'date: 2026-01-02\nmodified: 2026-01-02')],
  ['key_misspelt', `${GOOD}simulation: true\nregression_tests_path: x\n`],
  ['attack_tag', withHead('attack.t1105', 'attack.s0002\n  - attack.g0010\n  - attack.stealth\n  - attack.t1685.002')],
  ['tag_form', withHead('attack.t1105', 'cve.2021-44228\n  - detection.threat-hunting\n  - car.2016-04-005\n  - tlp.amber-strict\n  - acme.own')],
  ['search_unused', withDetection('s_1:\n  Image: a.exe\ns_2:\n  Image: b.exe\ncondition: 1 of s_*')],
  ['search_unused', withDetection('s:\n  Image: a.exe\nt:\n  Image: b.exe\ncondition:\n  - s\n  - t')],
  ['never_fires', withDetection('s:\n  Image|endswith: .exe\nf:\n  Image|endswith: \\cmd.exe\ncondition: s and not f')],
  ['never_fires', withDetection('a:\n  Image|startswith: C\nb:\n  Image|startswith: C:\\\ncondition: all of them')],
  ['never_fires', withDetection('a:\n  EventID|gte: 5\nb:\n  EventID|lte: 5\ncondition: a and b')],
  ['never_fires', withDetection('a:\n  Image|cased: A\nb:\n  Image|cased: a\ncondition: 1 of them')],
  ['search_dead', withDetection('s:\n  Image|endswith: \\cmd.exe\nf:\n  User: SYSTEM\ncondition: s and not f')],
  ['search_dead', withDetection('s:\n  Image|endswith: .exe\nt:\n  Image|contains: cmd\ncondition: s and t')],
  ['value_duplicate', withDetection('s:\n  Image|cased:\n    - a.exe\n    - A.EXE\ncondition: s')],
  ['value_covered', withDetection('s:\n  Image|endswith:\n    - \\a.exe\n    - \\ba.exe\ncondition: s')],
  ['value_covered', withDetection("s:\n  Image:\n    - a.exe\n    - 'a?exe'\ncondition: s")],
  ['wildcard_redundant', withDetection("s:\n  CommandLine|contains:\n    - 'mimi*katz'\n    - 'star\\*'\ncondition: s")],
  ['matches_anything', withDetection("s:\n  Image: a.exe\n  User: ''\ncondition: s")],
  ['number_rewritten', withDetection("s:\n  Hashes:\n    - '0x1010'\n    - 4112\n    - 1.5\n    - -3\ncondition: s")],
  ['regex_slow', withDetection("s:\n  CommandLine|re: '(?i)secret[0-9]+'\ncondition: s")],
  ['regex_slow', withDetection("s:\n  CommandLine|re: '[a-z]{40}'\n  Image|endswith: \\a.exe\ncondition: s")],
  ['regex_leading_any', withDetection("s:\n  CommandLine|re: 'a.*secret'\ncondition: s")],
  ['keywords_busy', withDetection('s:\n  - mimikatz\ncondition: s').replace('category: process_creation', 'service: application')],
  ['no_index', withDetection('s:\n  EventID: 1\nf:\n  User: null\ncondition: s and not f')],
  ['field_unknown', withDetection('s:\n  CommandLine: x.exe\n  NewProcessName: x.exe\n  Provider_Name: y\ncondition: s')],
]

test.each(SOUND)('%s leaves sound rules alone: %#', (code, text) => {
  expect(lint(text).filter((finding) => finding.code === code || finding.code === 'unusable')).toEqual([])
})

test('M2 S1 what only several rules together have wrong is found at the later one', () => {
  const other = GOOD.replace('Certutil', 'certutil').replace('id: 0b7163dc', 'name: fetch\nid: 0B7163DC')
  const findings = lint(GOOD.replace('status', 'name: fetch\nstatus'), other)
  expect(findings.map(({ code, file, line }) => [code, file, line])).toEqual([
    ['title_duplicate', '1.yml', 1],
    ['name_duplicate', '1.yml', 2],
    ['id_duplicate', '1.yml', 3],
    ['detection_duplicate', '1.yml', 17],
  ])
  expect(findings.find(({ code }) => code === 'id_duplicate')?.message).toContain('0.yml:2')
})

test('a rule file nobody keeps test events for is noted, once for the file', () => {
  const findings = lintRules(
    [
      { file: 'a.yml', text: `${GOOD}---\n${GOOD.replaceAll('92da', '92db').replace('Certutil', 'Curl').replace('certutil', 'curl')}` },
      { file: 'b.yml', text: GOOD.replaceAll('92da', '92dc').replace('Certutil', 'Wget').replace('certutil', 'wget') },
    ],
    { hasTest: (file) => file === 'b.yml' },
  )
  expect(findings.map(({ code, file }) => [code, file])).toEqual([['test_missing', 'a.yml']])
})

test('every check is shown by a fault of its own', () => {
  const shown = new Set([...FAULTS.map(([code]) => code), 'id_duplicate', 'name_duplicate', 'title_duplicate', 'detection_duplicate', 'test_missing'])
  expect(CHECKS.map(({ code }) => code).filter((code) => !shown.has(code))).toEqual([])
  expect(new Set(CHECKS.map(({ code }) => code)).size).toBe(CHECKS.length)
})

test('D1 in a file of several rules each finding is of its own rule', () => {
  const second = GOOD.replaceAll('92da', '92db').replace('Certutil', 'Curl').replace('certutil', 'curl').replace('level: high\n', '')
  const findings = lint(`${GOOD}---\n# about the next\n${second}`)
  expect(findings.map(({ code, line, title }) => [code, line, title])).toEqual([
    ['level_missing', GOOD.split('\n').length + 2, 'Curl Fetches a File'],
  ])
})

test('what is no rule at all is one finding, never a throw', () => {
  for (const text of ['', '---\n---\n', '# nothing', '- a\n- b', 'just text', 'a: *b', '\0', 'title: "x'])
    expect(() => lint(text), JSON.stringify(text)).not.toThrow()
  expect(lint('- a\n- b').map(({ code }) => code)).toEqual(['unusable'])
  expect(lint('#'.repeat(17 * 1024 * 1024)).map(({ code, line }) => [code, line])).toEqual([['unusable', 1]])
})

test('M1 a "*" at the end is a wildcard unless a backslash takes that away', () => {
  const found = (value: string) =>
    lint(withDetection(`s:\n  CommandLine|contains: '${value}'\ncondition: s`)).some(({ code }) => code === 'wildcard_redundant')
  expect(['ab*', 'ab\\*', 'ab\\\\*', 'ab\\\\\\*', `${'\\'.repeat(1_000_000)}x`].map(found)).toEqual([true, false, true, false, false])
})

test('rules made to take long are looked through like any other', () => {
  const many = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join('\n')
  const hostile = [
    withDetection(`${many(3_000, (i) => `s${i}:\n  Image: a${i}.exe`)}\ncondition: ${'1 of s* and '.repeat(2_000)}1 of s*`),
    withDetection(`s:\n  CommandLine|contains|windash:\n${many(300, (i) => `    - ' -a${i} -b -c '`)}\ncondition: s`),
    withDetection(
      `${many(200, (i) => `s${i}:\n  Image|contains: ${'a'.repeat(i + 1)}`)}\ncondition: ${many(200, (i) => `(s${i} or not s${199 - i})`).replaceAll('\n', ' and ')}`,
    ),
    withDetection(`s:\n  CommandLine|re: '${'(a*)*'.repeat(200)}$'\n  Image: x\ncondition: s`),
    withDetection(`s_${'a'.repeat(5_000)}:\n  Image: x\ncondition: 1 of ${'*a'.repeat(200)}b*`),
    `${HEAD}${'x'.repeat(1_000_000)}: 1\n${LOGSOURCE}${DETECTION}`,
  ]
  expect(hostile.map((text) => Array.isArray(lint(text)))).toEqual(hostile.map(() => true))
})

test('lint knows every log source that a vendor shape gives its records', () => {
  const given = VENDOR_SHAPES.flatMap(({ dataset, logsource: { product, service, categories } }) =>
    (categories.length > 0 ? categories : [undefined]).map((category) => ({ dataset, unknown: unknownPart({ product, service, category }) })),
  )
  expect(given.filter(({ unknown }) => unknown !== undefined)).toEqual([])
})
