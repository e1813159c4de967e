const TACTICS: ReadonlySet<string> = new Set([
  'reconnaissance',
  'resource_development',
  'initial_access',
  'execution',
  'persistence',
  'privilege_escalation',
  'stealth',
  'defense_evasion',
  'defense_impairment',
  'credential_access',
  'discovery',
  'lateral_movement',
  'collection',
  'command_and_control',
  'exfiltration',
  'impact',
])

/** ATT&CK tactics and techniques among a rule's tags: `attack.defense-evasion`, `attack.t1059.001`. */
export function mitreOf(tags: readonly string[]): { tactics: string[]; techniques: string[] } {
  const names = tags.map((tag) => tag.toLowerCase()).filter((tag) => tag.startsWith('attack.'))
  const unique = (values: string[]) => [...new Set(values)]
  return {
    tactics: unique(names.map((tag) => tag.slice(7).replaceAll('-', '_')).filter((name) => TACTICS.has(name))),
    techniques: unique(names.map((tag) => tag.slice(7).toUpperCase()).filter((name) => /^T\d{4}(\.\d{3})?$/.test(name))),
  }
}

/** A rule's date as `YYYY-MM-DD`; older rules write it with slashes. Undefined where it is neither. */
export function dateOf(value: unknown): string | undefined {
  const found = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})/.exec(value instanceof Date ? value.toISOString() : String(value ?? ''))
  return found ? `${found[1]}-${found[2]?.padStart(2, '0')}-${found[3]?.padStart(2, '0')}` : undefined
}

/** Text or a list of it, as a list. */
export function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return []
  return (Array.isArray(value) ? value : [value]).filter((entry) => entry !== null && typeof entry !== 'object').map(String)
}

/**
 * An id for a rule that has none, the same whenever its text is the same: a UUID (version 8) from two 64-bit FNV-1a hashes.
 * It only names the rule; nothing secret rests on it.
 */
export function idFromContent(text: string): string {
  const hash = (seed: bigint) => {
    let value = seed
    for (const byte of new TextEncoder().encode(text)) value = ((value ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
    return value.toString(16).padStart(16, '0')
  }
  const hex = hash(0xcbf29ce484222325n) + hash(0x84222325cbf29ce4n)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
