/** A condition as a function of what each search identifier gave. */
export type NaiveCondition = (holds: (name: string) => boolean) => boolean

/** Reads a condition: `or`, then `and`, then `not`, then `1 of`, `any of`, `all of`, then parentheses. */
export function readCondition(text: string, names: readonly string[]): NaiveCondition {
  const words = text.match(/[()]|[^\s()]+/g) ?? []
  const next = () => words[0]?.toLowerCase()
  const either = (): NaiveCondition => {
    const operands = [both()]
    while (next() === 'or') {
      words.shift()
      operands.push(both())
    }
    return (holds) => operands.some((operand) => operand(holds))
  }
  const both = (): NaiveCondition => {
    const operands = [negation()]
    while (next() === 'and') {
      words.shift()
      operands.push(negation())
    }
    return (holds) => operands.every((operand) => operand(holds))
  }
  const negation = (): NaiveCondition => {
    if (next() !== 'not') return operand()
    words.shift()
    const inner = negation()
    return (holds) => !inner(holds)
  }
  const operand = (): NaiveCondition => {
    const word = words.shift() ?? ''
    if (word === '(') {
      const inner = either()
      if (words.shift() !== ')') throw new Error(`no closing parenthesis in ${text}`)
      return inner
    }
    if (next() === 'of') {
      words.shift()
      const chosen = namesLike(words.shift() ?? '', names)
      return word.toLowerCase() === 'all' ? (holds) => chosen.every(holds) : (holds) => chosen.some(holds)
    }
    if (!names.includes(word)) throw new Error(`no search ${word} for ${text}`)
    return (holds) => holds(word)
  }
  const condition = either()
  if (words.length > 0) throw new Error(`${text} goes on after its end`)
  return condition
}

/** `them` is every identifier that does not begin with `_`; a pattern may have `*` anywhere. */
function namesLike(pattern: string, names: readonly string[]): string[] {
  const chosen = names.filter((name) =>
    pattern.toLowerCase() === 'them' ? !name.startsWith('_') : new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name),
  )
  if (chosen.length === 0) throw new Error(`no search is like ${pattern}`)
  return chosen
}
