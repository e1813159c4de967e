import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { picket } from '../../shared/wire/generated/picket.js'

/** Measures this process between two readings: CPU as a share of one core, the event loop's delay at p99. */
export function createProcessMeter() {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let cpu = process.cpuUsage()
  let atMs = performance.now()
  return {
    read(): picket.v1.ProcessReport.$Properties {
      const used = process.cpuUsage(cpu)
      const nowMs = performance.now()
      const report = {
        rssBytes: process.memoryUsage.rss(),
        uptimeMs: Math.round(process.uptime() * 1_000),
        cpuPercent: ((used.user + used.system) / 1_000 / Math.max(nowMs - atMs, 1)) * 100,
        // Nanoseconds; the histogram is empty in the first moments.
        eventLoopP99Ms: delay.count > 0 ? delay.percentile(99) / 1e6 : 0,
      }
      cpu = process.cpuUsage()
      atMs = nowMs
      delay.reset()
      return report
    },
    close: (): void => {
      delay.disable()
    },
  }
}
