import { arch, hostname, networkInterfaces, platform, release } from 'node:os'
import type { picket } from '../../shared/wire/generated/picket.js'

const ADDRESS_LIMIT = 16

/** What the hub shows of this machine. Read anew for every stream: addresses change. */
export const readHostInfo = (sensorVersion: string): picket.v1.HostInfo.$Properties => ({
  hostname: hostname(),
  os: `${platform()} ${release()}`,
  arch: arch(),
  sensorVersion,
  addresses: Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .slice(0, ADDRESS_LIMIT),
})
