import { type Modifier, modifierFault } from './modifier.ts'

/** The values are IPv4 or IPv6 networks. */
export const cidr: Modifier = {
  name: 'cidr',
  apply(item) {
    if (item.meaning.kind !== 'text') throw modifierFault('cidr', `cannot follow "${item.meaning.kind}"`)
    return { ...item, meaning: { kind: 'cidr' } }
  },
}
