import { readFile } from 'node:fs/promises'

/**
 * How many datagrams the kernel has thrown away for a UDP port because its receive buffer was full, since the socket was opened.
 * Undefined where the system does not say (anything but Linux). `drops` is the last column of /proc/net/udp (proc(5)).
 */
export const kernelDrops = async (port: number, family: 'IPv4' | 'IPv6'): Promise<number | undefined> => {
  if (process.platform !== 'linux') return undefined
  const table = await readFile(family === 'IPv6' ? '/proc/net/udp6' : '/proc/net/udp', 'latin1')
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let drops = 0
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/)
    if (columns[1]?.endsWith(suffix)) drops += Number(columns.at(-1))
  }
  return drops
}
