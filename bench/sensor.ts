import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSystem } from '../test/support/system.ts'
import { ownProcess } from './process-time.ts'
import { type Benchmark, median } from './report.ts'

const STARTS = 7
const IDLE_MS = 10_000

/** The bundle alone in an empty directory: how large it is, how soon it is up, what it takes while nothing happens. */
export const sensorBenchmark: Benchmark = {
  name: 'sensor',
  title: 'Sensor program: size, cold start, idle memory',
  run: async () => {
    const system = await startSystem()
    const directory = mkdtempSync(join(tmpdir(), 'picket-bench-'))
    try {
      await system.sensor.kill('SIGTERM')
      const bundle = join(directory, 'picket-sensor.mjs')
      copyFileSync('dist/picket-sensor.mjs', bundle)
      const starts: number[] = []
      const floors: number[] = []
      for (let round = 0; round < STARTS; round++) {
        starts.push(await untilOutput([bundle, 'run', '--data-dir', system.sensor.dataDir], /sensor started/))
        floors.push(await untilOutput(['-e', 'console.error("up"); setTimeout(() => {}, 60000)'], /up/))
      }
      await system.sensor.start()
      await sleep(IDLE_MS)
      return [
        { what: 'bundle', value: statSync(bundle).size / 1e6, unit: 'MB', target: '<= 8' },
        {
          what: 'cold start until sources are asked to run',
          value: median(starts),
          unit: 'ms',
          target: '< 400',
          beside: { what: 'an empty Node program', value: median(floors) },
        },
        { what: 'idle resident memory', value: ownProcess(system.sensor.pid ?? 0).rssBytes / 1e6, unit: 'MB', target: '<= 90' },
      ]
    } finally {
      await system.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

/** Milliseconds from spawning Node until its output matches; then it is ended. */
async function untilOutput(args: readonly string[], pattern: RegExp): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PICKET_SENSOR_LOG_LEVEL: 'info' } })
  let written = ''
  const took = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        written += chunk
        if (pattern.test(written)) resolve(performance.now() - startedAt)
      })
    }
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was up: ${written.slice(-2_000)}`)))
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
  return took
}
