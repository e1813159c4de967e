import { containsAnywhere, positionModifier } from './position.ts'

export const contains = positionModifier('contains', containsAnywhere)
