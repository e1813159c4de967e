import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { readTarGz } from '../../../hub/cli/rules/archive/tar.ts'
import { readZip } from '../../../hub/cli/rules/archive/zip.ts'
import { makeTarGz, makeZip, paxRecord, tarEntry } from './rules-archives.ts'
import { folderWith, ruleNamed, runRules } from './rules-command.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})
const folder = async (files: Record<string, string | Uint8Array>) => {
  const made = await folderWith(files)
  folders.push(made)
  return made
}

const id = (n: number): string => `0b7163dc-7eee-4960-af17-c0cd517f9${String(n).padStart(3, '0')}`
const CERTUTIL = ruleNamed('Certutil', { id: id(1) })
const CURL = ruleNamed('Curl', { id: id(2), image: '\\curl.exe', level: 'low' })
const OLD = ruleNamed('Old', { id: id(3), image: '\\old.exe', status: 'deprecated' })
const SOURCE = {
  'rules/win/certutil.yml': CERTUTIL,
  'rules/win/curl.yml': CURL,
  'deprecated/old.yml': OLD,
  LICENSE: 'Do good.\n',
  '.github/ci.yml': 'on: push\n',
  'other/list.yml': 'a: 1\n',
}

const importJson = async (...args: string[]) => {
  const { out, code, err } = await runRules('import', ...args, '--json')
  return { code, err, report: out === '' ? undefined : JSON.parse(out) }
}
const textsIn = async (path: string): Promise<Record<string, string>> => {
  const names = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(await Promise.all(names.toSorted().map(async (name) => [name.slice(path.length + 1), await readFile(name, 'utf8')])))
}

test('rules, licence and origin of a folder are kept, and a second run changes nothing', async () => {
  const [source, into] = [await folder(SOURCE), join(await folder({}), 'new')]
  const first = await importJson(source, '--into', into)
  expect(first.report).toMatchObject({
    added: ['LICENSE', 'rules/win/certutil.yml', 'rules/win/curl.yml'],
    rules: 2,
    filtered: 1,
    not_rules: 1,
    rejected: [],
    licences: ['LICENSE'],
    changed: true,
  })
  const kept = await textsIn(into)
  expect(Object.keys(kept)).toEqual(['LICENSE', 'picket-import.json', 'rules/win/certutil.yml', 'rules/win/curl.yml'])
  expect([kept['rules/win/curl.yml'], kept['LICENSE']]).toEqual([CURL, 'Do good.\n'])
  const manifest = JSON.parse(kept['picket-import.json'] ?? '')
  expect(manifest).toMatchObject({ format: 1, source: { kind: 'folder' }, licences: ['LICENSE'] })
  expect(manifest.files['rules/win/curl.yml'].sha256).toMatch(/^[0-9a-f]{64}$/)
  const second = await importJson(source, '--into', into)
  expect(second.report).toMatchObject({ added: [], updated: [], unchanged: 3, changed: false })
  expect(await textsIn(into)).toEqual(kept)
})

test('--dry-run says the same and writes nothing', async () => {
  const [source, into] = [await folder(SOURCE), join(await folder({}), 'new')]
  const { report } = await importJson(source, '--into', into, '--dry-run')
  expect([report.added.length, report.dry_run]).toEqual([3, true])
  await expect(stat(into)).rejects.toThrow()
})

test('what changed in the source is updated; what changed here stays; what changed in both is a conflict until forced', async () => {
  const [source, into] = [await folder(SOURCE), await folder({})]
  await importJson(source, '--into', into)
  const [certutil, curl] = [join(into, 'rules/win/certutil.yml'), join(into, 'rules/win/curl.yml')]
  const newer = CERTUTIL.replace('level: high', 'level: critical')
  await writeFile(join(source, 'rules/win/certutil.yml'), newer)
  await writeFile(curl, `${CURL}# ours\n`)
  const update = await importJson(source, '--into', into)
  expect([update.report.updated, update.report.kept, update.code]).toEqual([['rules/win/certutil.yml'], ['rules/win/curl.yml'], 0])
  expect(await readFile(certutil, 'utf8')).toBe(newer)
  await writeFile(join(source, 'rules/win/curl.yml'), `${CURL}# theirs\n`)
  for (let run = 0; run < 2; run++) {
    const conflict = await importJson(source, '--into', into)
    expect([conflict.report.conflicts, conflict.report.updated, conflict.code]).toEqual([['rules/win/curl.yml'], [], 1])
    expect(await readFile(curl, 'utf8')).toBe(`${CURL}# ours\n`)
  }
  expect((await importJson(source, '--into', into, '--force')).report.updated).toEqual(['rules/win/curl.yml'])
  expect(await readFile(curl, 'utf8')).toBe(`${CURL}# theirs\n`)
})

test('a rule deleted here does not come back unasked', async () => {
  const [source, into] = [await folder(SOURCE), await folder({})]
  await importJson(source, '--into', into)
  await rm(join(into, 'rules/win/curl.yml'))
  expect((await importJson(source, '--into', into)).report).toMatchObject({ kept: ['rules/win/curl.yml'], added: [] })
  expect((await importJson(source, '--into', into, '--force')).report.added).toEqual(['rules/win/curl.yml'])
})

test('a rule the source no longer has is marked once, deleted by --prune, and welcome back', async () => {
  const [source, into] = [await folder({ ...SOURCE, 'rules/win/more.yml': ruleNamed('More', { id: id(4) }) }), await folder({})]
  await importJson(source, '--into', into)
  await rm(join(source, 'rules/win/curl.yml'))
  const gone = await importJson(source, '--into', into)
  expect(gone.report.removed).toEqual(['rules/win/curl.yml'])
  expect(await readFile(join(into, 'rules/win/curl.yml'), 'utf8')).toBe(CURL)
  expect(JSON.parse(await readFile(join(into, 'picket-import.json'), 'utf8')).files['rules/win/curl.yml'].removed).toBe('upstream')
  expect((await importJson(source, '--into', into)).report).toMatchObject({ removed: [], removed_before: ['rules/win/curl.yml'], changed: false })
  await importJson(source, '--into', into, '--prune')
  await expect(stat(join(into, 'rules/win/curl.yml'))).rejects.toThrow()
  await writeFile(join(source, 'rules/win/curl.yml'), CURL)
  expect((await importJson(source, '--into', into)).report.added).toEqual(['rules/win/curl.yml'])
})

test('--prune keeps what was changed here', async () => {
  const [source, into] = [await folder({ ...SOURCE, 'rules/win/more.yml': ruleNamed('More', { id: id(4) }) }), await folder({})]
  await importJson(source, '--into', into)
  await rm(join(source, 'rules/win/curl.yml'))
  await writeFile(join(into, 'rules/win/curl.yml'), `${CURL}# ours\n`)
  await importJson(source, '--into', into, '--prune')
  expect(await readFile(join(into, 'rules/win/curl.yml'), 'utf8')).toContain('# ours')
})

test('level and status choose, a rule that cannot be used is rejected with its reason, one that needs placeholders is taken', async () => {
  const waiting = ruleNamed('Waiting', { id: id(5) }).replace('Image|endswith: \\certutil.exe', 'User|expand: "%admins%"')
  const source = await folder({
    ...SOURCE,
    'rules/bad.yml': CERTUTIL.replace('condition: selection', 'condition: nothing'),
    'rules/waiting.yml': waiting,
  })
  const all = await importJson(source, '--into', await folder({}))
  expect(all.report.rejected).toEqual([{ path: 'rules/bad.yml', reason: expect.stringMatching(/^line 15: .*nothing/) }])
  expect(all.report.needs_placeholders).toEqual(['rules/waiting.yml'])
  const high = await importJson(source, '--into', await folder({}), '--min-level', 'high')
  expect(high.report.added).not.toContain('rules/win/curl.yml')
  const old = await importJson(source, '--into', await folder({}), '--status', 'deprecated')
  expect(old.report.added).toEqual(['LICENSE', 'deprecated/old.yml', 'rules/waiting.yml'])
})

test('the rules of another source do not take the place of these', async () => {
  const [source, other, into] = [await folder(SOURCE), await folder({ 'mine/a.yml': ruleNamed('A') }), await folder({})]
  await importJson(source, '--into', into)
  const { code, err } = await importJson(other, '--into', into)
  expect([code, err]).toEqual([1, expect.stringContaining('2 of the 2 rule files')])
  expect((await importJson(other, '--into', into, '--force')).report.added).toEqual(['mine/a.yml'])
})

test('what the import keeps of itself is told when it is damaged', async () => {
  const [source, into] = [await folder(SOURCE), await folder({ 'picket-import.json': '{"format": 1' })]
  expect(await importJson(source, '--into', into)).toMatchObject({ code: 1, err: expect.stringContaining('picket-import.json cannot be read') })
})

test('commit and tag of a checkout are read from git’s own files', async () => {
  const commit = 'a'.repeat(40)
  const source = await folder({
    ...SOURCE,
    '.git/HEAD': 'ref: refs/heads/master\n',
    '.git/packed-refs': `# pack-refs\n${commit} refs/heads/master\n${'b'.repeat(40)} refs/tags/r2026-01-01\n^${commit}\n`,
  })
  const { report } = await importJson(source, '--into', await folder({}))
  expect(report.source).toMatchObject({ kind: 'folder', commit, version: 'r2026-01-01' })
})

describe('archives', () => {
  const entries = (root: string) => Object.entries(SOURCE).map(([path, content]) => ({ path: `${root}${path}`, content }))
  const commit = 'c0ffee'.repeat(6).padEnd(40, '0')

  test('a zip gives what its folder would, with the commit git wrote into it', async () => {
    const zip = makeZip([{ path: 'sigma-r2026-01-01/', stored: true }, ...entries('sigma-r2026-01-01/')], commit)
    const [path, into] = [await folder({ 'sigma.zip': zip }), await folder({})]
    const { report } = await importJson(join(path, 'sigma.zip'), '--into', into)
    expect(report).toMatchObject({
      added: ['LICENSE', 'rules/win/certutil.yml', 'rules/win/curl.yml'],
      source: { name: 'sigma.zip', kind: 'zip', version: 'r2026-01-01', commit },
    })
    expect(report.source.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(await readFile(join(into, 'rules/win/curl.yml'), 'utf8')).toBe(CURL)
  })

  test('a release package without a folder of its own keeps rules/ and says its version', async () => {
    const zip = makeZip([
      { path: 'rules/a.yml', content: CERTUTIL, stored: true },
      { path: 'version.txt', content: 'r2026-02-02\n' },
    ])
    const { report, err } = await importJson(join(await folder({ 'x.bin': zip }), 'x.bin'), '--into', await folder({}))
    expect(report).toMatchObject({ added: ['rules/a.yml'], source: { kind: 'zip', version: 'r2026-02-02' } })
    expect(err).toContain('no licence file')
  })

  test('a tar.gz gives the same, with pax and GNU long names', async () => {
    const long = `sigma/rules/${'x'.repeat(120)}.yml`
    const longer = `sigma/rules/${'y'.repeat(120)}.yml`
    const tar = makeTarGz(
      tarEntry('pax_global_header', paxRecord('comment', commit), 'g'),
      tarEntry('sigma/', '', '5'),
      ...entries('sigma/').map(({ path, content }) => tarEntry(path, content)),
      tarEntry('sigma/PaxHeaders/x', paxRecord('path', long), 'x'),
      tarEntry('sigma/rules/cut.yml', ruleNamed('X', { id: id(6) })),
      tarEntry('././@LongLink', `${longer}\0`, 'L'),
      tarEntry('sigma/rules/cut.yml', ruleNamed('Y', { id: id(7) })),
      tarEntry('sigma/rules/link.yml', '', '2'),
    )
    const { report } = await importJson(join(await folder({ 'sigma.tgz': tar }), 'sigma.tgz'), '--into', await folder({}))
    expect(report.added).toEqual(['LICENSE', 'rules/win/certutil.yml', 'rules/win/curl.yml', long.slice(6), longer.slice(6)].toSorted())
    expect(report.source).toMatchObject({ kind: 'tar.gz', commit })
    expect(report.rejected).toEqual([{ path: 'rules/link.yml', reason: 'a link' }])
  })

  const EVIL = ['../evil.yml', 'rules/../../evil.yml', '/etc/evil.yml', 'C:/evil.yml', 'rules\\..\\evil.yml']
  test.each(EVIL)('a path that leads outside refuses the whole archive: %s', async (path) => {
    const zip = makeZip([
      { path: 'rules/a.yml', content: CERTUTIL },
      { path, content: CERTUTIL },
    ])
    const tar = makeTarGz(tarEntry('rules/a.yml', CERTUTIL), tarEntry(path, CERTUTIL))
    const files = await folder({ 'a.zip': zip, 'a.tar.gz': tar })
    for (const name of ['a.zip', 'a.tar.gz']) {
      const into = await folder({})
      expect(await importJson(join(files, name), '--into', into)).toMatchObject({ code: 1, err: expect.stringContaining('outside the folder') })
      expect(await readdir(into)).toEqual([])
    }
  })

  test.each([
    [
      'that unpacks to more than it says',
      makeZip([{ path: 'a.yml', content: 'x'.repeat(10_000_000), claims: { size: 100 } }]),
      /holds more than it says/,
    ],
    ['whose content is not what was packed', makeZip([{ path: 'a.yml', content: CERTUTIL, claims: { crc: 1 } }]), /not what the directory says/],
    ['that is encrypted', makeZip([{ path: 'a.yml', content: CERTUTIL, claims: { flags: 1 } }]), /encrypted/],
    ['of an unknown method', makeZip([{ path: 'a.yml', content: CERTUTIL, claims: { method: 12 } }]), /method 12/],
    ['whose directory points elsewhere', makeZip([{ path: 'a.yml', content: CERTUTIL, claims: { offset: 7 } }]), /not where the directory says/],
    ['whose directory points outside', makeZip([{ path: 'a.yml', content: CERTUTIL, claims: { offset: 1e9 } }]), /outside the file/],
    [
      'with a path twice',
      makeZip([
        { path: 'a.yml', content: CERTUTIL },
        { path: './a.yml', content: CURL },
      ]),
      /twice/,
    ],
    ['without a directory', Buffer.from('PK\u0003\u0004 and no more'), /no directory/],
  ])('a zip %s is refused', async (_, zip, reason) => {
    const path = join(await folder({ 'a.zip': zip }), 'a.zip')
    await expect(readZip(path, () => true)).rejects.toThrow(reason)
  })

  test('a file above the bound and a link are passed over, and said', async () => {
    const zip = makeZip([
      { path: 'a/big.yml', content: 'x'.repeat(4 * 1024 * 1024 + 1) },
      { path: 'a/link.yml', content: '/etc/passwd', link: true },
      { path: 'a/ok.yml', content: CERTUTIL },
    ])
    const { report } = await importJson(join(await folder({ 'a.zip': zip }), 'a.zip'), '--into', await folder({}))
    expect(report.added).toEqual(['ok.yml'])
    expect(report.rejected.map(({ path }: { path: string }) => path)).toEqual(['big.yml', 'link.yml'])
  })

  test('an archive cut off anywhere is refused, never half used and never waited for', async () => {
    const zip = makeZip(entries('a/'))
    const tar = makeTarGz(...entries('a/').map(({ path, content }) => tarEntry(path, content)))
    const raw = Buffer.concat(entries('a/').map(({ path, content }) => tarEntry(path, content)))
    const path = await folder({})
    for (let cut = 3; cut < zip.length; cut += 37) {
      await writeFile(join(path, 'a.zip'), zip.subarray(0, cut))
      await expect(
        readZip(join(path, 'a.zip'), () => true),
        `zip at ${cut}`,
      ).rejects.toMatchObject({ code: 'archive' })
    }
    for (let cut = 3; cut < tar.length - 8; cut += 37) {
      await writeFile(join(path, 'a.tar.gz'), tar.subarray(0, cut))
      await expect(
        readTarGz(join(path, 'a.tar.gz'), () => true),
        `tar.gz at ${cut}`,
      ).rejects.toMatchObject({ code: 'archive' })
    }
    for (let cut = 100; cut < raw.length; cut += 509) {
      if (cut % 512 === 0) continue
      await writeFile(join(path, 'a.tar.gz'), gzipSync(raw.subarray(0, cut)))
      await expect(
        readTarGz(join(path, 'a.tar.gz'), () => true),
        `tar at ${cut}`,
      ).rejects.toMatchObject({ code: 'archive' })
    }
  })

  test('what is no archive is wrong usage', async () => {
    const path = await folder({ 'a.zip': 'hello there', empty: '' })
    for (const name of ['a.zip', 'empty', 'absent']) expect((await importJson(join(path, name), '--into', path)).code).toBe(2)
    expect((await runRules('import', path)).code).toBe(2)
    expect((await importJson(path, '--into', path, '--status', 'fine')).code).toBe(2)
  })
})

test('a link inside the folder is not followed out of it', async () => {
  const [source, outside, into] = [await folder(SOURCE), await folder({}), await folder({})]
  await mkdir(join(into, 'rules'))
  await symlink(outside, join(into, 'rules', 'win'))
  expect(await importJson(source, '--into', into)).toMatchObject({ code: 1, err: expect.stringContaining('leads out of') })
  expect(await readdir(outside)).toEqual([])
})

test('people get the counts and the names', async () => {
  const [source, into] = [await folder({ ...SOURCE, 'rules/bad.yml': 'title: [' }), await folder({})]
  const { out } = await runRules('import', source, '--into', into)
  expect(out).toContain(
    '2 rules\n  added 3, updated 0, unchanged 0, removed 0, conflicts 0, kept 0\n  left out 1 by level or status, rejected 1, no rules 1\n  licence: LICENSE\n',
  )
  expect(out).toMatch(/ {2}rejected:\n {4}rules\/bad\.yml: line 1: /)
})
