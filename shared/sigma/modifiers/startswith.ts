import { surround } from '../parse/pattern.ts'
import { positionModifier } from './position.ts'

export const startswith = positionModifier('startswith', (pattern) => surround(pattern, false, true))
