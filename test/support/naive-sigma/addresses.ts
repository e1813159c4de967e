/** Whether an address lies in a network in CIDR notation, by comparing bits. An IPv4 address in IPv6 form is also looked for in IPv4 networks. */
export function inNetwork(address: string, network: string): boolean {
  const [base = '', length] = network.split('/')
  const wanted = bitsOf(base)
  const found = bitsOf(address)
  if (!wanted) throw new Error(`${network} is no network`)
  if (!found) return false
  const prefix = Number(length ?? wanted.length)
  if (found.length === wanted.length) return found.slice(0, prefix) === wanted.slice(0, prefix)
  const mapped = `${'0'.repeat(80)}${'1'.repeat(16)}`
  return wanted.length === 32 && found.startsWith(mapped) && found.slice(96, 96 + prefix) === wanted.slice(0, prefix)
}

/** The address as a text of 32 or 128 zeros and ones; undefined where it is none. */
function bitsOf(address: string): string | undefined {
  return address.includes(':') ? v6Bits(address) : v4Bits(address)
}

function v4Bits(address: string): string | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('')
}

function v6Bits(address: string): string | undefined {
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const bits = groups.map((half, index) => half.map((group, place) => groupBits(group, index === groups.length - 1 && place === half.length - 1)))
  if (bits.flat().includes(undefined)) return undefined
  const [before = '', after = ''] = bits.map((half) => half.join(''))
  const missing = 128 - before.length - after.length
  if (halves.length === 1) return missing === 0 ? before : undefined
  return missing >= 16 ? before + '0'.repeat(missing) + after : undefined
}

/** The last group may be an IPv4 address. */
function groupBits(group: string, last: boolean): string | undefined {
  if (last && group.includes('.')) return v4Bits(group)
  return /^[0-9a-fA-F]{1,4}$/.test(group) ? Number.parseInt(group, 16).toString(2).padStart(16, '0') : undefined
}
