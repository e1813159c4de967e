import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Command, CommanderError } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { registerNormalize } from '../../../hub/cli/normalize.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'picket-normalize-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(directory, { recursive: true })
})

/** Runs the command as the shell would, over a file with this content. */
async function run(content: string | Buffer, args: string[] = [], name = 'in.log') {
  const file = join(directory, name)
  await writeFile(file, content)
  let out = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text
    return true
  })
  const program = new Command('picket').exitOverride().configureOutput({ writeErr: () => undefined })
  registerNormalize(program)
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined })
  await program.parseAsync(['normalize', ...args, file], { from: 'user' })
  return out
}
const documents = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

test('one event per record, in order; blank lines are no records', async () => {
  const out = documents(await run('<13>Feb 28 10:00:00 h1 a: one\n\n<13>Feb 28 10:00:00 h2 a: two\r\nwords\n'))
  expect(out.map((event) => event.host?.name ?? event.event.original)).toEqual(['h1', 'h2', 'words'])
})

test('--field takes the record from each line, and says which lines have none', async () => {
  const out = documents(await run('{"raw":"<13>Feb 28 10:00:00 h1 a: one"}\nnot json\n{"other":1}\n{"raw":{"host":"h2"}}\n', ['--field', 'raw']))
  expect(out[0].host.name).toBe('h1')
  expect(out[1].error).toMatch(/^not JSON/)
  expect(out[2]).toEqual({ error: 'no field "raw"' })
  expect(out[3].host.name).toBe('h2')
})

test('a .gz file is read as what is in it', async () => {
  const out = documents(await run(gzipSync('<13>Feb 28 10:00:00 h1 a: one\n'), [], 'in.log.gz'))
  expect(out).toHaveLength(1)
  expect(out[0].host.name).toBe('h1')
})

test('a damaged .gz file and a missing file are failures, not an empty answer', async () => {
  await expect(run(gzipSync('x'.repeat(100_000)).subarray(0, 60), [], 'in.log.gz')).rejects.toMatchObject({ exitCode: 1 })
  await expect(run('', [join(directory, 'absent')])).rejects.toMatchObject({ exitCode: 1 })
})

test('--explain adds how the format was chosen; without it the output is the document alone', async () => {
  const line = '<86>Mar  1 11:59:58 web1 sshd[1]: Server listening on 0.0.0.0 port 22.\n'
  expect(documents(await run(line, ['--explain']))[0].picket).toMatchObject({ dataset: 'linux.sshd', parsed: true, logsource: { service: 'sshd' } })
  expect(documents(await run(line))[0].picket).toBeUndefined()
})

test('--list-formats names them', async () => {
  expect(await run('', ['--list-formats'])).toMatch(/^windows\.evtx +Windows event/)
})

test('an unknown format or zone is a usage error', async () => {
  await expect(run('', ['--format', 'syslgo'])).rejects.toThrow(CommanderError)
  await expect(run('', ['--time-zone', 'Mars/Base'])).rejects.toMatchObject({ exitCode: 2 })
})
