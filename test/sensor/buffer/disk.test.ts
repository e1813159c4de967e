import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { BufferUnavailable } from '../../../sensor/buffer/contract.ts'
import { appending, drain, openIn, range, temporaryDirectory } from './support.ts'

/** A file system of its own, of so many bytes; undefined where this user may not mount one. */
const smallDisk = (bytes: number): string | undefined => {
  const directory = temporaryDirectory()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory]).status !== 0) return undefined
  onTestFinished(() => {
    spawnSync('umount', ['-l', directory])
  })
  return directory
}

const hasStrace = spawnSync('strace', ['-f', 'true']).status === 0

test('T5 a disk that somebody else has filled: nothing is confirmed that is not kept, acks still delete, and it drains by itself', async (context) => {
  const disk = smallDisk(24 * 1_048_576)
  if (disk === undefined) return context.skip('mounting a small tmpfs needs root')
  const buffer = openIn(join(disk, 'sensor'), { limitBytes: 64 * 1_048_576 })
  await buffer.append(appending(range(1, 100), { paddingBytes: 1_000 }), { waitWhenFull: false })
  const ballast = openSync(join(disk, 'ballast'), 'w')
  const block = Buffer.alloc(65_536)
  while (statfsSync(disk).bavail > 0) writeSync(ballast, block, 0, Math.min(block.length, statfsSync(disk).bavail * 4_096))
  closeSync(ballast)

  const confirmed = range(1, 100)
  let refused = 0
  for (const batch of range(0, 199)) {
    const numbers = range(101 + batch * 100, 200 + batch * 100)
    try {
      await buffer.append(appending(numbers, { paddingBytes: 1_000 }), { waitWhenFull: false })
      confirmed.push(...numbers)
    } catch (error) {
      expect(error).toBeInstanceOf(BufferUnavailable)
      refused += 1
    }
  }
  const entries = drain(buffer)
  const [bulk] = buffer.lanes()
  // What was confirmed is there, or in a tombstone that counts it; what was refused is in neither.
  expect(entries.filter((each) => each.n !== undefined).length + (bulk?.tombstonedTotal ?? 0)).toBe(confirmed.length)
  expect((bulk?.tombstonedTotal ?? 0) + refused).toBeGreaterThan(0)

  const waiting = buffer.append(appending([-1], { paddingBytes: 1_000 }), { waitWhenFull: true })
  buffer.ack(bulk?.epoch ?? '', (bulk?.nextSeq ?? 1) - 1)
  rmSync(join(disk, 'ballast'))
  await waiting
  expect(drain(buffer).map((each) => each.n)).toEqual([-1])
  expect(buffer.problem()).toBeUndefined()
})

test('T4 an fdatasync that fails: that append is refused, none is confirmed without being kept, and the failure shows', async (context) => {
  if (!hasStrace) return context.skip('strace is not here')
  const directory = temporaryDirectory()
  const script = join(import.meta.dirname, '../../../node_modules/.cache', `append-sync-${process.pid}.mjs`)
  onTestFinished(() => rmSync(script, { force: true }))
  await build({
    entryPoints: [join(import.meta.dirname, 'append-through-failures.child.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3', 'protobufjs'],
    logLevel: 'error',
  })
  const inject = ['-f', '-qq', '-e', 'trace=fdatasync,fsync', '-e', 'inject=fdatasync,fsync:error=EIO:when=20+7', '-o', '/dev/null']
  const child = spawn('strace', [...inject, process.execPath, script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const confirmed: number[] = []
  const refused: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('kept ')) confirmed.push(Number(line.slice(5)))
    if (line.startsWith('refused ')) refused.push(line)
  }
  if (child.exitCode === null) await once(child, 'exit')
  expect(confirmed.length).toBeGreaterThan(10)
  expect(refused.length).toBeGreaterThan(2)
  expect(refused[0]).toMatch(/buffer_unavailable.*problem: .+/)
  const kept = new Set(drain(openIn(directory)).map((each) => each.n))
  expect(confirmed.filter((n) => !kept.has(n))).toEqual([])
})
