import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKS } from '../../shared/sigma/lint/checks.ts'
import { windowsSchema } from '../../shared/sigma/lint/schemas.ts'
import { MODIFIERS } from '../../shared/sigma/modifiers/modifiers.ts'
import { ecsView, parseRules } from '../../shared/sigma/sigma.ts'
import { runTool } from '../hub/cli/rules-command.ts'
import { buildDetectProgram, type DetectProgram } from '../support/detect-program.ts'
import { type HubApi, startHubApi } from '../support/hub-api.ts'

/** Every example of docs/rules.md: files are written, commands run, requests sent, tables held against the code. */
const TEXT = readFileSync('docs/rules.md', 'utf8')

interface Block {
  /** What follows the fence: `yaml my-rules/a.yml`, `sh`, `http`. */
  readonly info: string
  readonly body: string
}
const BLOCKS: readonly Block[] = [...TEXT.matchAll(/^```(.+)\n([\s\S]*?)\n```$/gm)].map(([, info = '', body = '']) => ({ info, body }))
const fileOf = ({ info }: Block): string | undefined => /^(?:yaml|jsonl) (\S+)$/.exec(info)?.[1]
const FILES = BLOCKS.flatMap((block) => {
  const file = fileOf(block)
  return file === undefined ? [] : [{ file, body: block.body }]
})
/** Rows of the table whose head begins with these cells. */
const rowsUnder = (...head: string[]): string[][] => {
  const lines = TEXT.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${head.join(' | ')} |`))
  expect(start, `a table with ${head.join(', ')}`).toBeGreaterThan(0)
  const rows = lines.slice(start + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? rows.length : end).map((line) => line.slice(2, -2).split(' | '))
}
const unquoted = (cell = ''): string => cell.replace(/^`(.*)`$/, '$1')

const folder = mkdtempSync(join(tmpdir(), 'picket-docs-'))
let detect: DetectProgram
beforeAll(() => {
  detect = buildDetectProgram()
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  detect.remove()
})

/** Hunting is a program of its own, with threads; the other tools run in this process, which starts them much faster. */
async function run(words: readonly string[]) {
  if (words[0] === 'detect') return detect.run(words, { cwd: folder })
  const before = process.cwd()
  process.chdir(folder)
  try {
    return await runTool(...words)
  } finally {
    process.chdir(before)
  }
}

test('every example is of a kind that is run here', () => {
  for (const { info } of BLOCKS) expect(info).toMatch(/^(?:yaml \S+|jsonl \S+|sh|text|http|modifiers)$/)
})

test('every rule of the page can be used', () => {
  const lists = { placeholders: new Map([['administrators', ['adm-*']]]) }
  const rules = FILES.filter(({ file }) => /^my-rules\/(?!.*\.test\.yml)/.test(file))
  expect(rules.length).toBeGreaterThanOrEqual(3)
  for (const { file, body } of rules) expect(parseRules(body, file, lists).problems, file).toEqual([])
})

/** A command's words and where its output goes. */
function wordsOf(line: string): { words: string[]; into: string | undefined } {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '')
  const redirect = words.indexOf('>')
  return redirect < 0 ? { words, into: undefined } : { words: words.slice(0, redirect), into: words[redirect + 1] }
}

/** A reader works through the page from above: a command sees the files that stand before it. */
function writeFilesUpTo(index: number): void {
  for (const block of BLOCKS.slice(0, index)) {
    const file = fileOf(block)
    // What a command wrote since is not undone.
    if (file === undefined || existsSync(join(folder, file))) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), `${block.body}\n`)
  }
}

describe('commands', () => {
  const sessions = BLOCKS.flatMap(({ info, body }, index) => {
    const next = BLOCKS[index + 1]
    return info === 'sh' ? [{ index, lines: body.split('\n'), expected: next?.info === 'text' ? next.body : undefined }] : []
  })
  test.each(sessions)(
    '$lines',
    async ({ index, lines, expected }) => {
      // The events stand below the first command that reads them.
      writeFilesUpTo(Math.max(index, BLOCKS.findIndex((block) => fileOf(block) === 'events.jsonl') + 1))
      let output = ''
      for (const line of lines) {
        const { words, into } = wordsOf(line)
        expect(words[0], line).toBe('picket')
        const { code, out, err } = await run(words.slice(1))
        expect({ line, code, err }, out).toEqual({ line, code: 0, err: expect.any(String) })
        if (into === undefined) output += out
        else writeFileSync(join(folder, into), out)
      }
      if (expected !== undefined) expect(output.trimEnd()).toBe(expected)
    },
    120_000,
  )

  test('there are commands', () => expect(sessions.length).toBeGreaterThan(6))
})

describe('requests', () => {
  let hub: HubApi
  beforeAll(async () => {
    hub = await startHubApi()
  })
  afterAll(() => hub.close())

  const requests = BLOCKS.filter(({ info }) => info === 'http').map(({ body }) => {
    const [head = '', content = '', status = ''] = body.split('\n\n')
    const [method = '', path = ''] = head.split(' ')
    return { method, path, content, status: Number(status) }
  })
  test.each(requests)('$method $path', async ({ method, path, content, status }) => {
    const answer = await hub.a.call(method, path, JSON.parse(content))
    expect([answer.status, answer.status === status ? '' : answer.text]).toEqual([status, ''])
  })

  test('there are requests', () => expect(requests.length).toBeGreaterThan(6))
})

describe('tables', () => {
  test('each field is where the page says, first of all places', () => {
    const rows = rowsUnder('Log source', 'Field', 'Where it is')
    expect(rows.length).toBeGreaterThan(20)
    for (const [source = '', field, place] of rows) {
      const [product, category, service] = source.split('/').map((part) => part || undefined)
      const [first] = ecsView.paths(unquoted(field), { product, category, service })
      expect(first?.join('.'), `${source} ${field}`).toBe(unquoted(place))
    }
  })

  test('the fields of Windows events are those lint knows', () => {
    const common = [...(/All have (.*), and beside them/.exec(TEXT)?.[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)
    const rows = rowsUnder('Category', 'Fields')
    expect(rows.length).toBeGreaterThan(20)
    for (const [category, fields = ''] of rows) {
      const listed = fields === 'none of its own' ? [] : fields.split(' ')
      const schema = windowsSchema({ product: 'windows', category: unquoted(category) })
      expect([...new Set([...common, ...listed])].toSorted(), category).toEqual([...new Set(schema?.fields)].toSorted())
      expect(schema?.complete).toBe(true)
    }
  })

  test('the modifiers are all there are', () => {
    const listed = BLOCKS.find(({ info }) => info === 'modifiers')?.body.split(/\s+/) ?? []
    const known = new Set(listed.map((name) => MODIFIERS.get(name)))
    expect(listed.filter((name) => !MODIFIERS.has(name))).toEqual([])
    expect([...MODIFIERS].filter(([, modifier]) => !known.has(modifier)).map(([name]) => name)).toEqual([])
  })

  test('the checks are all there are, in their order', () => {
    expect(rowsUnder('Check', 'Severity', 'Finds').map(([code, severity, title]) => ({ code: unquoted(code), severity, title }))).toEqual(
      CHECKS.map(({ code, severity, title }) => ({ code, severity, title })),
    )
  })

  const refused: readonly (readonly [what: string, detection: string])[] = [
    ['| count()', 's:\n  a: 1\ncondition: s | count() by b > 5'],
    ['near', 's:\n  a: 1\ncondition: s near s'],
    ['timeframe', 's:\n  a: 1\ntimeframe: 5m\ncondition: s'],
    ['2 of', 's_a:\n  a: 1\ns_b:\n  a: 1\ncondition: 2 of s_*'],
    ['look-around', "s:\n  a|re: '(?=x)'\ncondition: s"],
    ['back-reference', "s:\n  a|re: '(x)\\1'\ncondition: s"],
    ['expand without values', "s:\n  a|expand: '%x%'\ncondition: s"],
    ['an unknown modifier', 's:\n  a|shout: 1\ncondition: s'],
  ]
  test.each(refused)('%s is refused', (_, detection) => {
    const text = `title: T\nlogsource:\n  product: windows\ndetection:\n${detection.replace(/^/gm, '  ')}\n`
    expect(parseRules(text, 'r.yml').problems).toMatchObject([{ file: 'r.yml', line: expect.any(Number), reason: expect.any(String) }])
  })
})
