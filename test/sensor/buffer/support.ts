import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openBuffer } from '../../../sensor/buffer/buffer.ts'
import type { AppendRequest, Lane, Lease } from '../../../sensor/buffer/contract.ts'
import { picket } from '../../../shared/wire/generated/picket.js'

export const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/** A directory that is gone when the test is over. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'picket-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export const openIn = (directory: string, { limitBytes = 10_000_000, checkUpToBytes = undefined as number | undefined } = {}) => {
  const buffer = openBuffer({ directory, limitBytes, checkUpToBytes, now: () => new Date(), log: quiet })
  onTestFinished(() => buffer.close())
  return buffer
}

/** Payloads are proto events whose document is the number, so that a test can read back which ones came. */
export const payloadOf = (n: number, paddingBytes = 0): Uint8Array =>
  picket.v1.Event.encode({ timeMs: n, connectorId: 'c1', document: Buffer.from(JSON.stringify({ n, pad: 'x'.repeat(paddingBytes) })) }).finish()

export const appending = (
  numbers: readonly number[],
  { lane = 'bulk' as Lane, connectorId = 'c1', paddingBytes = 0, ...rest } = {},
): AppendRequest => ({
  connectorId,
  events: numbers.map((n) => ({ lane, payload: payloadOf(n, paddingBytes), connectorId })),
  losses: [],
  counters: { received: numbers.length, failed: 0, bytes: 0, filtered: 0 },
  ...rest,
})

export interface ReadEntry {
  readonly seq: number
  readonly n?: number
  readonly tombstone?: {
    readonly first: number
    readonly last: number
    readonly reason: string
    readonly connectorId: string
    readonly count: number
  }
}

export const entriesOf = (lease: Lease | undefined): ReadEntry[] =>
  picket.v1.Entries.decode(lease?.entries ?? new Uint8Array()).entries.map(({ seq, event, tombstone }) => {
    if (!tombstone) return { seq: seq ?? 0, n: JSON.parse(Buffer.from(event?.document ?? []).toString()).n }
    const { first, last, reason, connectorId, count } = tombstone
    return {
      seq: seq ?? 0,
      tombstone: { first: first ?? 0, last: last ?? 0, reason: reason ?? '', connectorId: connectorId ?? '', count: count ?? 0 },
    }
  })

/** Everything a lane holds, in as many leases as it takes, each checked to be a gapless run. */
export const drain = (buffer: ReturnType<typeof openIn>, lane: Lane = 'bulk', limitBytes = 1_000_000, limitEvents = 1_000): ReadEntry[] => {
  const all: ReadEntry[] = []
  let after: number | undefined
  for (;;) {
    const lease = buffer.lease(lane, after, limitBytes, limitEvents)
    if (!lease) return all
    const entries = entriesOf(lease)
    let next = lease.first
    for (const { seq, tombstone } of entries) {
      if (seq !== next) throw new Error(`expected seq ${next}, got ${seq}`)
      next = (tombstone?.last ?? seq) + 1
    }
    if (next - 1 !== lease.last) throw new Error(`the lease says it ends at ${lease.last}, its entries end at ${next - 1}`)
    all.push(...entries)
    after = lease.last
  }
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
