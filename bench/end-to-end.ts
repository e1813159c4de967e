import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSystem } from '../test/support/system.ts'
import { ownProcess, processTree } from './process-time.ts'
import { record } from './records.ts'
import type { Benchmark } from './report.ts'

const EVENTS = 200_000

/** A file of records appears at a sensor; the clock stops when the hub has committed the last of them. Sensor, hub and PostgreSQL share this machine. */
export const endToEndBenchmark: Benchmark = {
  name: 'end-to-end',
  title: `End to end: ${EVENTS.toLocaleString('en-US')} records, file → sensor → hub → PostgreSQL, all rules`,
  run: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'picket-bench-'))
    const system = await startSystem()
    try {
      await system.api('POST', '/v1/connectors', {
        name: 'bench',
        type: 'file',
        config: { paths: [join(directory, '*.log')], start_at: 'beginning', poll_milliseconds: 50 },
      })
      const at = new Date()
      writeFileSync(join(directory, 'records.tmp'), `${Array.from({ length: EVENTS }, (_, index) => record(index, at)).join('\n')}\n`)
      const total = async () =>
        (await system.api<{ stages: { ingestion: { events_total: number } } }>('GET', '/v1/pipeline/metrics')).stages.ingestion.events_total
      await sleep(3_000)
      const before = await total()
      const cpuOf = () => {
        const hub = ownProcess(system.hub.pid ?? 0).seconds
        return { hub, sensor: ownProcess(system.sensor.pid ?? 0).seconds, postgres: processTree(system.hub.pid ?? 0).seconds - hub }
      }
      const cpuBefore = cpuOf()
      const startedAt = performance.now()
      renameSync(join(directory, 'records.tmp'), join(directory, 'records.log'))
      while ((await total()) - before < EVENTS) {
        if (performance.now() - startedAt > 300_000) throw new Error(`after 300 s the hub has ${(await total()) - before} of ${EVENTS} events`)
        await sleep(250)
      }
      const seconds = (performance.now() - startedAt) / 1_000
      const cpu = cpuOf()
      const microseconds = (part: 'hub' | 'sensor' | 'postgres') => ((cpu[part] - cpuBefore[part]) / EVENTS) * 1e6
      return [
        { what: 'sustained rate', value: EVENTS / seconds, unit: 'events/s', target: '>= 15,000' },
        { what: 'processor time per event, sensor', value: microseconds('sensor'), unit: 'µs' },
        { what: 'processor time per event, hub with its workers', value: microseconds('hub'), unit: 'µs' },
        { what: 'processor time per event, PostgreSQL', value: microseconds('postgres'), unit: 'µs' },
        { what: 'resident memory, sensor', value: ownProcess(system.sensor.pid ?? 0).rssBytes / 1e6, unit: 'MB', target: '<= 150' },
        { what: 'resident memory, hub', value: ownProcess(system.hub.pid ?? 0).rssBytes / 1e6, unit: 'MB' },
      ]
    } finally {
      await system.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
