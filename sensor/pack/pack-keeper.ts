import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import type { Pack } from '../../shared/pack/pack.ts'
import { PackRefused, type PackTrust, verifyPack } from '../../shared/pack/verify.ts'
import { replaceFile } from '../../shared/private-file.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import type { Log } from '../log.ts'

export interface PackKeeperOptions {
  readonly dataDir: string
  readonly sensorId: string
  /** ed25519 keys, SPKI PEM, as the identity names them now. */
  readonly trustedKeys: () => readonly string[]
  /** Puts a pack to work, or throws and leaves nothing half done that a further call would not put right. */
  readonly apply: (pack: Pack) => Promise<void>
  readonly now: () => Date
  readonly log: Log
}

/**
 * Holds the last good pack: on disk and at work. An offered one is verified, put to work, and only then kept; one that is refused, for whatever
 * reason, changes nothing.
 */
export function createPackKeeper({ dataDir, sensorId, trustedKeys, apply, now, log }: PackKeeperOptions) {
  const file = join(dataDir, 'pack.json')
  let running: { pack: Pack; bytes: Uint8Array } | undefined
  /** Also counts a kept pack that could not be put to work: it is no reason to go back. */
  let highestVersion = 0

  // One change after another: a restart that overlaps an offer would put the older pack back to work.
  let changing: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const changed = changing.then(change)
    // The caller hears of a failure; the next change must not.
    changing = changed.catch(() => {})
    return changed
  }

  const verify = (bytes: Uint8Array, at: PackTrust['now']) =>
    verifyPack(bytes, { trustedKeys: trustedKeys(), sensorId, runningVersion: highestVersion, now: at })

  async function take(bytes: Uint8Array): Promise<Pack> {
    const pack = verify(bytes, now())
    if (running && pack.version === running.pack.version) {
      if (Buffer.from(bytes).equals(running.bytes)) return pack
      throw new PackRefused('rollback', `version ${pack.version} runs already, with other content`, pack.version)
    }
    try {
      await apply(pack)
      await replaceFile(file, bytes)
    } catch (cause) {
      if (running) await restore(running.pack)
      throw new PackRefused('apply_failed', messageOf(cause), pack.version, { cause })
    }
    running = { pack, bytes: Uint8Array.from(bytes) }
    highestVersion = pack.version
    return pack
  }

  async function restore(pack: Pack): Promise<void> {
    try {
      await apply(pack)
    } catch (error) {
      log.error({ err: error, version: pack.version }, 'the pack that ran before cannot be put back to work; restart the sensor')
    }
  }

  return {
    /** Puts the pack kept on disk to work, also past its end: an old pack collects, none does not. A damaged one is left out and said. */
    async start(): Promise<void> {
      let bytes: Uint8Array
      try {
        bytes = await readFile(file)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
        throw error
      }
      try {
        const pack = verify(bytes, undefined)
        highestVersion = pack.version
        await apply(pack)
        running = { pack, bytes }
        log.info({ version: pack.version, connectors: pack.connectors.length }, 'pack at work')
      } catch (error) {
        log.error({ err: error, file }, 'the pack on disk cannot be used; waiting for the hub to send one')
      }
    },

    /** Never rejects: what is wrong with the pack is the answer. */
    async offer(bytes: Uint8Array): Promise<picket.v1.PackStatus.$Properties> {
      try {
        const pack = await inTurn(() => take(bytes))
        log.info({ version: pack.version, connectors: pack.connectors.length }, 'pack at work')
        return { version: pack.version, state: 'active', runningVersion: pack.version }
      } catch (error) {
        const refused = error instanceof PackRefused ? error : new PackRefused('invalid', messageOf(error), 0, { cause: error })
        log.warn({ reason: refused.reason, version: refused.version, detail: refused.message }, 'pack refused; the last good one keeps running')
        return {
          version: refused.version,
          state: 'refused',
          reason: refused.reason,
          detail: refused.message.slice(0, 1_000),
          runningVersion: running?.pack.version ?? 0,
        }
      }
    },

    /** Ends all that runs and starts it anew from the running pack, on the operator's or the hub's word. */
    restart: (): Promise<void> =>
      inTurn(async () => {
        if (!running) return
        await apply({ ...running.pack, connectors: [] })
        await apply(running.pack)
      }),

    running: (): Pack | undefined => running?.pack,
    runningVersion: (): number => running?.pack.version ?? 0,
    /** Past its end: still at work, and worth showing. */
    expired: (): boolean => running !== undefined && new Date(running.pack.expires_at) <= now(),
  }
}
