import { ExpectedError } from '../../shared/errors.ts'
import { enroll } from '../uplink/enroll.ts'
import { readHostInfo } from '../uplink/host-info.ts'
import { certificateLife, NotEnrolled, readIdentity, writeIdentity } from '../uplink/identity.ts'
import type { Output } from './output.ts'

export class AlreadyEnrolled extends ExpectedError {
  readonly code = 'already_enrolled'
  readonly kind = 'conflict'
}

export interface EnrollFlags {
  readonly hub: string
  readonly token: string
  /** Shown at the hub in place of the host name. */
  readonly name?: string | undefined
  readonly force?: boolean | undefined
  readonly json?: boolean | undefined
}

/**
 * `picket-sensor enroll`: spends a token and keeps the identity.
 * @throws {AlreadyEnrolled} there is an identity and no `--force`; the token is not spent
 */
export async function enrollCommand(dataDir: string, version: string, flags: EnrollFlags, { print }: Output): Promise<void> {
  if (!flags.force && (await hasIdentity(dataDir))) {
    throw new AlreadyEnrolled(`${dataDir} holds an identity already; --force replaces it, and the hub will see a new sensor`)
  }
  const host = readHostInfo(version)
  const identity = await enroll({ hubAddress: flags.hub, token: flags.token, host: flags.name ? { ...host, hostname: flags.name } : host })
  await writeIdentity(dataDir, identity)
  const notAfter = certificateLife(identity).notAfter.toISOString()
  if (flags.json)
    print(JSON.stringify({ sensor_id: identity.sensorId, hub_address: identity.hubAddress, data_dir: dataDir, certificate_not_after: notAfter }))
  else print(`Enrolled as sensor ${identity.sensorId} at ${identity.hubAddress}.\nStart it with: picket-sensor run --data-dir ${dataDir}`)
}

async function hasIdentity(dataDir: string): Promise<boolean> {
  try {
    await readIdentity(dataDir)
    return true
  } catch (error) {
    if (error instanceof NotEnrolled) return false
    // A damaged identity is not ours to overwrite unasked.
    if (error instanceof ExpectedError) return true
    throw error
  }
}
