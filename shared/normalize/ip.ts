const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const V6 = /^[0-9a-f:]{2,39}$/i
const V6_TAIL = /^([0-9a-f:]{2,30}:)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i

const isV4 = (text: string): boolean => {
  const match = V4.exec(text)
  return match !== null && Number(match[1]) < 256 && Number(match[2]) < 256 && Number(match[3]) < 256 && Number(match[4]) < 256
}

/** The address as ECS wants it, or undefined where the text is none. IPv4 mapped into IPv6 (`::ffff:10.0.0.1`) is IPv4; `[…]` and a zone (`%eth0`) are dropped. */
export function parseIp(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length < 2 || value.length > 64) return undefined
  const first = value.charCodeAt(0)
  const text = first === 91 ? value.slice(1, value.indexOf(']')) : first === 32 ? value.trim() : value
  if (!text.includes(':')) return isV4(text) ? text : undefined
  const percent = text.indexOf('%')
  const bare = percent > 0 ? text.slice(0, percent) : text
  if (/^::ffff:/i.test(bare) && isV4(bare.slice(7))) return bare.slice(7)
  const tail = V6_TAIL.exec(bare)
  if (tail) return isV4(tail[2] ?? '') && isV6(`${tail[1]}0:0`) ? bare : undefined
  return isV6(bare) ? bare : undefined
}

const isV6 = (text: string): boolean => {
  if (!V6.test(text)) return false
  const groups = text.split(':')
  const gap = text.indexOf('::')
  if (gap !== text.lastIndexOf('::') || text.includes(':::')) return false
  if (gap < 0 ? groups.length !== 8 : groups.length > 9) return false
  if ((text.startsWith(':') && gap !== 0) || (text.endsWith(':') && gap !== text.length - 2)) return false
  return groups.every((group) => group.length <= 4)
}

/** `10.0.0.1:443`, `[fe80::1]:443` or a bare address. */
export function parseEndpoint(text: string): { ip?: string; port?: number } {
  const ip = parseIp(text)
  if (ip) return { ip }
  const colon = text.lastIndexOf(':')
  if (colon < 0) return {}
  const host = parseIp(text.slice(0, colon))
  const port = parsePort(text.slice(colon + 1))
  return host ? { ip: host, ...(port === undefined ? {} : { port }) } : {}
}

/** A port, 0 to 65535. */
export function parsePort(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : undefined
  if (typeof value !== 'string' || !/^\d{1,5}$/.test(value)) return undefined
  const port = Number(value)
  return port <= 65_535 ? port : undefined
}
