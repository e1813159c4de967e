import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { connectorKind } from '../shared/connectors/kinds.ts'
import { ExpectedError, messageOf } from '../shared/errors.ts'
import type { NormalizeOptions, Normalizer } from '../shared/normalize/contract.ts'
import type { Pack, PackConnector } from '../shared/pack/pack.ts'
import type { Buffer } from './buffer/contract.ts'
import type { ConnectorCheck } from './check.ts'
import { type ConnectorHealth, ConnectorRun } from './connector-run.ts'
import type { Log } from './log.ts'
import { createEdgeRules } from './prefilter/edge-rules.ts'
import { createPrefilter, type FilterReport } from './prefilter/prefilter.ts'
import { createRecordPipeline, type EncodeEvent, type RulesInForce } from './record-pipeline.ts'
import type { Source } from './source.ts'

export interface RunnerOptions {
  /** Every kind of source there is: SOURCES of sensor/sources/sources.ts. */
  readonly sources: readonly Source<object>[]
  readonly buffer: Buffer
  /** @throws {ExpectedError} for a format it does not know */
  readonly normalizerFor: (options: NormalizeOptions) => Normalizer
  readonly encode: EncodeEvent
  readonly now: () => Date
  readonly log: Log
}

type Collected = Pick<Pack, 'connectors' | 'filters' | 'edge_rules'>

interface Place {
  readonly connector: PackConnector
  readonly run?: ConnectorRun
  /** Why it does not run. */
  readonly problem?: string
}

const SAVE_COUNTERS_MS = 5_000
const MAX_FILTER_TOTALS = 2_000
const COUNTERS_KEY = 'collection counters'
const TEST_WITHIN_MS = 10_000

const SavedCounters = z.object({
  filters: z.array(z.object({ filterId: z.string(), name: z.string(), checkedTotal: z.number(), hitTotal: z.number() })),
  normalized: z.number(),
  failed: z.number(),
})
type SavedCounters = z.infer<typeof SavedCounters>

/**
 * Runs what a pack says: its connectors, each through normalisation, filters and edge rules into the buffer. Starts with nothing; `apply` gives it
 * its work.
 */
export const createRunner = (options: RunnerOptions) => {
  const { sources, buffer, normalizerFor, encode, now, log } = options
  const saved = readCounters(buffer)
  let rules: RulesInForce = { prefilter: createPrefilter([]), edge: createEdgeRules([]) }
  /** Counters of filters that are in no pack now stay: a filter that comes back goes on counting. */
  const filterTotals = new Map(saved.filters.map((each) => [each.filterId, each]))
  const pipeline = createRecordPipeline(encode, () => rules, log)
  let places = new Map<string, Place>()
  let applying: Promise<unknown> = Promise.resolve()
  let stopped = false

  const noteFilterTotals = (): FilterReport[] => {
    for (const each of rules.prefilter.reports()) {
      filterTotals.delete(each.filterId)
      filterTotals.set(each.filterId, each)
    }
    for (const oldest of [...filterTotals.keys()].slice(0, -MAX_FILTER_TOTALS)) filterTotals.delete(oldest)
    return [...filterTotals.values()]
  }

  const totals = () => {
    const { normalizedTotal, failedTotal } = pipeline.totals()
    return { normalized: saved.normalized + normalizedTotal, failed: saved.failed + failedTotal }
  }

  const saveCounters = async (): Promise<void> => {
    const counters: SavedCounters = { filters: noteFilterTotals(), ...totals() }
    try {
      buffer.setMeta(COUNTERS_KEY, JSON.stringify(counters))
      for (const { run } of places.values()) await run?.saveRejected()
    } catch (error) {
      // The buffer reports its own trouble; counters are saved again in a moment.
      log.warn({ problem: messageOf(error) }, 'counters could not be saved')
    }
  }
  const saving = setInterval(saveCounters, SAVE_COUNTERS_MS)
  saving.unref()

  const start = (connector: PackConnector): Place => {
    if (!connector.enabled) return { connector }
    try {
      const { source, config } = readConnector(connector, sources)
      const normalizer = normalizerFor(formatOptions(config))
      const run = new ConnectorRun({ connectorId: connector.id, source, config, normalizer, pipeline, buffer, now, log })
      return { connector, run }
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error
      log.warn({ connectorId: connector.id, problem: error.message }, 'a connector cannot be started')
      return { connector, problem: error.message }
    }
  }

  const applyNow = async (pack: Collected): Promise<void> => {
    if (stopped) return
    // Both before anything is touched: a pack that cannot be used changes nothing.
    const next = { prefilter: createPrefilter(pack.filters, noteFilterTotals()), edge: createEdgeRules(pack.edge_rules) }
    const wanted = new Map(pack.connectors.map((each) => [each.id, each]))
    const unchanged = (place: Place): boolean => place.run !== undefined && sameWork(place.connector, wanted.get(place.connector.id))
    // All stops before all starts: a new connector may want the port of an old one.
    const leaving = [...places.values()].filter((place) => !unchanged(place))
    await Promise.all(leaving.map((place) => place.run?.stop()))
    noteFilterTotals()
    rules = next
    places = new Map(
      [...wanted].map(([id, connector]) => {
        const place = places.get(id)
        return [id, place && unchanged(place) ? { ...place, connector } : start(connector)]
      }),
    )
  }

  return {
    /**
     * Puts a pack to work. Connectors that did not change run on; those that did are stopped, drained and started anew; filters and edge rules are
     * swapped between two records. One call after the other.
     *
     * @throws {FilterInvalid} kind `invalid`: a filter or edge rule cannot be compiled; nothing changed. A connector that cannot start is
     *   not an error: it is reported, and tried again where that can help.
     */
    apply(pack: Collected): Promise<void> {
      const applied = applying.then(() => applyNow(pack))
      // The caller hears of a failure; the next call must not.
      applying = applied.catch(() => {})
      return applied
    },

    /** What the heartbeat says about collection (picket.v1.Heartbeat). Latencies are those since the last call. */
    report() {
      const { normalizeMs } = pipeline.takeStatistics()
      const { normalized, failed } = totals()
      return {
        connectors: [...places.values()].map((place) => connectorReport(place, buffer)),
        filters: [...rules.prefilter.reports()],
        normalizeMs,
        normalizedTotal: normalized,
        normalizeFailedTotal: failed,
      }
    },

    /** Tries settings without keeping anything, in at most 10 s. A connector that listens there already answers from its own life. */
    async testSource(
      { connectorId, kind, config: given }: { readonly connectorId: string; readonly kind: string; readonly config: object },
      signal: AbortSignal,
    ): Promise<readonly ConnectorCheck[]> {
      const connector = { id: connectorId, kind, name: '', enabled: true, config: { ...given } }
      try {
        const { source, config } = readConnector(connector, sources)
        normalizerFor(formatOptions(config))
        const place = places.get(connectorId)
        if (place?.run && kind === place.connector.kind && sharesListener(config, place.connector, sources)) return place.run.checks()
        return await source.test(config, AbortSignal.any([signal, AbortSignal.timeout(TEST_WITHIN_MS)]))
      } catch (error) {
        return [{ type: 'connectivity', status: 'fail', message: messageOf(error) }]
      }
    },

    /** Stops every source once what it read is stored. The buffer stays open. */
    async stop(): Promise<void> {
      stopped = true
      await applying
      clearInterval(saving)
      await Promise.all([...places.values()].map((place) => place.run?.stop()))
      await saveCounters()
    },
  }
}

const readCounters = (buffer: Buffer): SavedCounters => {
  const text = buffer.getMeta(COUNTERS_KEY)
  return text === undefined ? { filters: [], normalized: 0, failed: 0 } : SavedCounters.parse(JSON.parse(text))
}

/** A connector's settings do not fit its kind. */
class ConnectorInvalid extends ExpectedError {
  readonly code = 'connector_invalid'
  readonly kind = 'invalid'
}

const readConnector = ({ kind, config }: PackConnector, sources: readonly Source<object>[]): { source: Source<object>; config: object } => {
  const source = sources.find((each) => each.kind === kind)
  const schema = connectorKind(kind)?.config
  if (!source || !schema) throw new ConnectorInvalid(`this sensor has no source of kind ${kind}; it may be older than the hub`)
  const parsed = schema.safeParse(config)
  if (!parsed.success) {
    // Paths and reasons only: a value may be a secret.
    throw new ConnectorInvalid(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`).join('; '))
  }
  return { source, config: parsed.data }
}

const formatOptions = (config: object): NormalizeOptions => {
  const format: unknown = Reflect.get(config, 'format')
  const timeZone: unknown = Reflect.get(config, 'time_zone')
  return { format: typeof format === 'string' ? format : 'auto', ...(typeof timeZone === 'string' ? { timeZone } : {}) }
}

const sameWork = (a: PackConnector, b: PackConnector | undefined): boolean =>
  b !== undefined && a.kind === b.kind && a.enabled === b.enabled && isDeepStrictEqual(a.config, b.config)

/** Whether both want the same address and ports, so that only one of them can listen. */
const sharesListener = (config: object, running: PackConnector, sources: readonly Source<object>[]): boolean => {
  const runningConfig = readConnector(running, sources).config
  const listenerOf = (of: object) => Object.entries(of).filter(([key]) => key === 'bind' || key === 'port' || key.endsWith('_port'))
  const wanted = listenerOf(config)
  return wanted.length > 0 && isDeepStrictEqual(wanted, listenerOf(runningConfig))
}

const connectorReport = ({ connector, run, problem }: Place, buffer: Buffer) => {
  const { received, failed, bytes, filtered, lastEventAt } = buffer.totals(connector.id)
  const idle: ConnectorHealth = connector.enabled
    ? { status: 'unhealthy', message: problem ?? 'not running', checks: [] }
    : { status: 'disabled', message: 'disabled', checks: [] }
  const { status, message, checks } = run?.health() ?? idle
  return {
    connectorId: connector.id,
    status,
    message,
    eventsReceivedTotal: received,
    eventsFailedTotal: failed,
    bytesReceivedTotal: bytes,
    eventsFilteredTotal: filtered,
    lastEventMs: lastEventAt?.getTime() ?? 0,
    checks: [...checks],
  }
}
