interface Named {
  readonly id: string
  readonly name?: string | undefined
}

/** Finds what filters and correlations refer to. */
export interface RuleNames<T extends Named> {
  /** All that have this id or name; more than one: the reference is ambiguous. */
  find(reference: string): readonly T[]
}

export function createRuleNames<T extends Named>(rules: Iterable<T>): RuleNames<T> {
  const known = new Map<string, T[]>()
  const add = (reference: string, rule: T) => {
    const found = known.get(reference)
    if (!found) known.set(reference, [rule])
    else if (!found.includes(rule)) found.push(rule)
  }
  for (const rule of rules) {
    // Ids are UUIDs, whose letters may be written in either case; names are taken as they are.
    add(rule.id.toLowerCase(), rule)
    if (rule.name !== undefined) add(rule.name, rule)
  }
  return { find: (reference) => known.get(reference) ?? known.get(reference.toLowerCase()) ?? [] }
}
