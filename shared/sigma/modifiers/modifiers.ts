import { all } from './all.ts'
import { base64 } from './base64.ts'
import { base64offset } from './base64offset.ts'
import { cased } from './cased.ts'
import { cidr } from './cidr.ts'
import { comparisons } from './compare.ts'
import { contains } from './contains.ts'
import { dateParts } from './date-parts.ts'
import { endswith } from './endswith.ts'
import { exists } from './exists.ts'
import { expand } from './expand.ts'
import { fieldref } from './fieldref.ts'
import type { Modifier } from './modifier.ts'
import { neq } from './neq.ts'
import { re, reFlags } from './re.ts'
import { startswith } from './startswith.ts'
import { utf16, utf16be, utf16le } from './utf16.ts'
import { windash } from './windash.ts'

const LIST: readonly Modifier[] = [
  contains,
  startswith,
  endswith,
  all,
  exists,
  cased,
  neq,
  windash,
  re,
  ...reFlags,
  base64,
  base64offset,
  utf16le,
  utf16be,
  utf16,
  ...comparisons,
  ...dateParts,
  cidr,
  expand,
  fieldref,
]

/** Every modifier of the Sigma specification 2.1, by its names. */
export const MODIFIERS: ReadonlyMap<string, Modifier> = new Map(
  LIST.flatMap((modifier) => [modifier.name, ...(modifier.aliases ?? [])].map((name) => [name, modifier])),
)
