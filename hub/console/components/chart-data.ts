/** Values over time as a chart draws them: seconds, and one list of values per line; null is "not known". Pure. */
export type ChartData = readonly [times: readonly number[], ...values: (readonly (number | null)[])[]]

/** The same with a hole wherever two points are further apart than `stepSeconds` and a half: a line across it would claim values nobody measured. */
export function withHoles([times, ...lines]: ChartData, stepSeconds: number): [number[], ...(number | null)[][]] {
  const outTimes: number[] = []
  const outLines: (number | null)[][] = lines.map(() => [])
  for (const [index, time] of times.entries()) {
    const before = times[index - 1]
    if (before !== undefined && time - before > stepSeconds * 1.5) {
      outTimes.push(before + stepSeconds)
      for (const line of outLines) line.push(null)
    }
    outTimes.push(time)
    for (const [order, line] of lines.entries()) outLines[order]?.push(line[index] ?? null)
  }
  return [outTimes, ...outLines]
}

/** Indices of the values with no neighbour to draw a line to: these need a dot to be seen at all. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  const known = (index: number) => values[index] !== null && values[index] !== undefined
  return values.flatMap((_, index) => (known(index) && !known(index - 1) && !known(index + 1) ? [index] : []))
}
