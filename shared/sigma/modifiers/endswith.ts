import { surround } from '../parse/pattern.ts'
import { positionModifier } from './position.ts'

export const endswith = positionModifier('endswith', (pattern) => surround(pattern, true, false))
