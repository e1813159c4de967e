import type { Predicate, Program } from './program.ts'

/** Turns a program into a function, so that evaluating walks no tree. */
export function link(program: Program, truth: (predicate: Predicate) => boolean): () => boolean {
  switch (program.kind) {
    case 'test': {
      const { predicate } = program
      return () => truth(predicate)
    }
    case 'not': {
      const inner = link(program.of, truth)
      return () => !inner()
    }
    case 'and': {
      const operands = program.of.map((operand) => link(operand, truth))
      const [first, second] = operands
      if (first && second && operands.length === 2) return () => first() && second()
      return () => {
        for (const operand of operands) if (!operand()) return false
        return true
      }
    }
    case 'or': {
      const operands = program.of.map((operand) => link(operand, truth))
      return () => {
        for (const operand of operands) if (operand()) return true
        return false
      }
    }
  }
}
