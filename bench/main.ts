import { messageOf } from '../shared/errors.ts'
import { abuseBenchmark } from './abuse.ts'
import { backtestBenchmark } from './backtest.ts'
import { bufferBenchmark } from './buffer.ts'
import { detectionBenchmark } from './detection.ts'
import { endToEndBenchmark } from './end-to-end.ts'
import { latencyBenchmark } from './latency.ts'
import { normalizeBenchmark } from './normalize.ts'
import { type Benchmark, type Figure, printFigures, writeReport } from './report.ts'
import { sensorBenchmark } from './sensor.ts'
import { swapBenchmark } from './swap.ts'

const BENCHMARKS: readonly Benchmark[] = [
  detectionBenchmark,
  swapBenchmark,
  abuseBenchmark,
  backtestBenchmark,
  normalizeBenchmark,
  bufferBenchmark,
  sensorBenchmark,
  endToEndBenchmark,
  latencyBenchmark,
]
const REPORT = 'dist/bench.json'

const names = process.argv.slice(2)
const chosen = BENCHMARKS.filter((each) => names.length === 0 || names.some((name) => each.name.startsWith(name)))
if (chosen.length === 0 || names.includes('--help')) {
  process.stdout.write(`Usage: npm run bench [-- name…]\n\n${BENCHMARKS.map((each) => `  ${each.name.padEnd(12)} ${each.title}`).join('\n')}\n`)
  process.exit(names.includes('--help') ? 0 : 2)
}
const results: Record<string, readonly Figure[]> = {}
for (const benchmark of chosen) {
  try {
    const figures = await benchmark.run()
    results[benchmark.name] = figures
    printFigures(benchmark.title, figures)
  } catch (error) {
    process.exitCode = 1
    process.stdout.write(`\n${benchmark.title}\n  failed: ${messageOf(error)}\n`)
  }
}
writeReport(REPORT, results)
process.stdout.write(`\n${REPORT} has the figures.\n`)
