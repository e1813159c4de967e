import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface HttpMetrics {
  readonly registry: Registry
  answered(method: string, status: number, ms: number): void
  /** Open WebSockets, and frames given up because a reader was too slow. */
  readonly sockets: Gauge
  readonly framesDropped: Counter
}

/** What `/metrics` shows of the API. Labels are few and never name a tenant, a path or a person. */
export function createHttpMetrics(): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Counter({ name: 'picket_http_requests_total', help: 'Requests answered', labelNames: ['method', 'status'], registers })
  const seconds = new Histogram({
    name: 'picket_http_request_seconds',
    help: 'Time to answer',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers,
  })
  return {
    registry,
    answered(method, status, ms) {
      requests.inc({ method: METHODS.has(method) ? method : 'other', status: String(status) })
      seconds.observe(ms / 1_000)
    },
    sockets: new Gauge({ name: 'picket_websockets', help: 'Open monitoring sockets', registers }),
    framesDropped: new Counter({ name: 'picket_websocket_frames_dropped_total', help: 'Metrics frames left out for slow readers', registers }),
  }
}

/** A stranger can send any method; each would be a series of its own. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
