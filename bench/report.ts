import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** One measured figure. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What it is to be read against: a floor or a peer of the same run. */
  readonly beside?: { readonly what: string; readonly value: number } | undefined
  /** `>= 15000`, from the design. */
  readonly target?: string | undefined
}

export interface Benchmark {
  readonly name: string
  readonly title: string
  run(): Promise<readonly Figure[]>
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })

export function printFigures(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`\n${title}\n`)
  for (const { what, value, unit, beside, target } of figures) {
    const ratio = beside ? `  ${number(value / beside.value)} × ${beside.what} (${number(beside.value)})` : ''
    process.stdout.write(`  ${what.padEnd(52)} ${number(value).padStart(12)} ${unit.padEnd(10)}${target ? `  target ${target}` : ''}${ratio}\n`)
  }
}

export function writeReport(path: string, results: Readonly<Record<string, readonly Figure[]>>): void {
  mkdirSync('dist', { recursive: true })
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem() }
  writeFileSync(path, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`)
}
