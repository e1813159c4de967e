import type { HttpBindings } from '@hono/node-server'
import type { Logger } from '../../shared/log.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { AlertStore } from '../alerts/ports.ts'
import type { Connectors } from '../connectors/connectors.ts'
import type { Backtests } from '../detection/backtest/backtests.ts'
import type { RuleContent } from '../detection/content/rule-content.ts'
import type { Detection, DetectionHealth, RuleStore } from '../detection/ports.ts'
import type { Fleet } from '../fleet/contract.ts'
import type { FleetStore } from '../fleet/ports.ts'
import type { Identity } from '../identity/identity.ts'
import type { Session } from '../identity/session.ts'
import type { PipelineMeter } from '../pipeline/contract.ts'
import type { PipelineStore } from '../pipeline/ports.ts'
import type { Timeline } from '../timeline/timeline.ts'
import type { Cursors } from './cursors.ts'

/** What the API serves. It translates between HTTP and these; each decides for itself. */
export interface Parts {
  readonly identity: Identity
  readonly alerts: Alerts
  readonly alertSummary: AlertStore['summary']
  readonly connectors: Connectors
  readonly fleet: Fleet
  readonly fleetStore: FleetStore
  readonly detection: Detection & { readonly health: DetectionHealth }
  readonly ruleStore: RuleStore
  readonly ruleContent: RuleContent
  readonly backtests: Backtests
  readonly timeline: Timeline
  readonly meter: PipelineMeter
  readonly pipelineStore: PipelineStore
  readonly cursors: Cursors
  readonly site: Site
  readonly now: () => Date
  readonly startedAt: Date
  readonly log: Logger
}

/** How this hub is reached from outside. */
export interface Site {
  /** `https://hub.example.com`; undefined: as the caller addressed it. */
  readonly publicUrl?: string | undefined
  /** `hub.example.com:8443`, where sensors connect; undefined: the caller's host name and `grpcPort`. */
  readonly grpcAddress?: string | undefined
  readonly grpcPort: number
  /** Reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[] | undefined
  /** The sensor's one file; undefined where this hub was built without it. */
  readonly sensorBundle?: { readonly path: string; readonly sha256: string } | undefined
}

/** What each request carries from the middleware to its route. `session` is there behind `authenticate` only. */
export interface ConsoleEnv {
  Bindings: Partial<HttpBindings>
  Variables: { requestId: string; session: Session; address: string }
}
