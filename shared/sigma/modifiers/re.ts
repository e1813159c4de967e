import { type Modifier, modifierFault } from './modifier.ts'

/** The values are regular expressions: case-sensitive, found anywhere in the field. */
export const re: Modifier = {
  name: 're',
  apply(item) {
    if (item.meaning.kind !== 'text') throw modifierFault('re', `cannot follow "${item.meaning.kind}"`)
    return { ...item, meaning: { kind: 'regex', ignoreCase: false, multiline: false, dotAll: false } }
  },
}

const regexFlag = (name: string, alias: string, flag: 'ignoreCase' | 'multiline' | 'dotAll'): Modifier => ({
  name,
  aliases: [alias],
  apply(item) {
    if (item.meaning.kind !== 'regex') throw modifierFault(name, 'only follows "re"')
    return { ...item, meaning: { ...item.meaning, [flag]: true } }
  },
})

/** What may follow `re`; the long names are pySigma's. */
export const reFlags: readonly Modifier[] = [
  regexFlag('i', 'ignorecase', 'ignoreCase'),
  regexFlag('m', 'multiline', 'multiline'),
  regexFlag('s', 'dotall', 'dotAll'),
]
