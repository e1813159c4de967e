import { sleep } from '../../shared/durations.ts'
import { ExpectedError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { draftAlerts } from '../alerts/draft.ts'
import type { AlertNotice } from '../alerts/ports.ts'
import type { Detection, DetectionEvent, DetectionMatch } from '../detection/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import { poisonTombstone } from './batch-reader.ts'
import type { IngestCounters } from './counters.ts'
import type { CommitBatch, IngestStore, StoredEvent, StoredTombstone } from './ports.ts'

const RETRY_BASE_MS = 100
const RETRY_CAP_MS = 5_000

export interface CommitParts {
  readonly store: IngestStore
  readonly detection: Pick<Detection, 'detect'>
  readonly log: Logger
  readonly counters: IngestCounters
}

/** A batch read and judged, ready to be committed. */
export interface JudgedBatch {
  readonly sensorId: string
  readonly epoch: string
  readonly lane: string
  readonly first: number
  readonly last: number
  readonly receivedAt: Date
  readonly events: readonly StoredEvent[]
  readonly tombstones: readonly StoredTombstone[]
  readonly matches: readonly DetectionMatch[]
}

export interface Committed {
  readonly through: number
  readonly stored: number
  readonly notices: readonly AlertNotice[]
}

/** The stream ended before the work was done. What was not committed is not acknowledged, and will be sent again. */
export class StreamGone extends Error {}

/** Events with the rules they were put to, and what those said. */
export interface Judgement {
  readonly events: readonly StoredEvent[]
  readonly matches: readonly DetectionMatch[]
}

/**
 * Judges events, waiting for the detection engine where it is away. An event the engine itself calls invalid goes without matches: whether it can
 * be kept is found out at the commit.
 * @throws {StreamGone}
 */
export async function judge(parts: CommitParts, tenant: TenantContext, events: readonly StoredEvent[], signal: AbortSignal): Promise<Judgement> {
  if (events.length === 0) return { events, matches: [] }
  try {
    const { matches, evaluations } = await untilDone(signal, parts.log, 'detection is not available', () =>
      parts.detection.detect(tenant, events.map(toDetectionEvent)),
    )
    return { events: events.map((event, index) => ({ ...event, evaluation: evaluations[index] })), matches }
  } catch (error) {
    if (!isDataProblem(error)) throw error
    if (events.length === 1) return { events, matches: [] }
    const middle = events.length >> 1
    const left = await judge(parts, tenant, events.slice(0, middle), signal)
    const right = await judge(parts, tenant, events.slice(middle), signal)
    return {
      events: [...left.events, ...right.events],
      matches: [...left.matches, ...right.matches.map((match) => ({ ...match, event: match.event + middle }))],
    }
  }
}

// Only what detection needs: the rest would be copied to the worker for nothing.
const toDetectionEvent = ({ document, product, service, categories }: StoredEvent): DetectionEvent => ({ document, product, service, categories })

/**
 * Commits until it is done: while PostgreSQL is away nothing is acknowledged and nothing is lost. Where PostgreSQL says that the data itself cannot
 * be stored, the batch is halved until the one event is found; it becomes a tombstone and the rest is stored.
 *
 * @throws {SequenceGap} kind `conflict`
 * @throws {StreamGone}
 */
export async function commitJudged(parts: CommitParts, tenant: TenantContext, batch: JudgedBatch, signal: AbortSignal): Promise<Committed> {
  const { store, log, counters } = parts
  let again = false
  try {
    const { through, stored, notices } = await untilDone(
      signal,
      log,
      'a batch could not be committed',
      () => store.commit(tenant, toCommit(tenant, batch), again),
      () => {
        again = true
        counters.commitRetries += 1
      },
    )
    return { through, stored, notices }
  } catch (error) {
    if (!isDataProblem(error) || batch.events.length === 0) throw error
    const [only] = batch.events
    if (batch.events.length === 1 && only) {
      log.warn({ err: error, sensor_id: batch.sensorId, seq: only.seq }, 'an event cannot be stored and was given up')
      counters.poisonEvents += 1
      const tombstones = [...batch.tombstones, poisonTombstone(only.seq, only.connectorId, batch.receivedAt)].sort((a, b) => a.first - b.first)
      return commitJudged(parts, tenant, { ...batch, events: [], matches: [], tombstones }, signal)
    }
    const [left, right] = halves(batch)
    const before = await commitJudged(parts, tenant, left, signal)
    const after = await commitJudged(parts, tenant, right, signal)
    return { through: after.through, stored: before.stored + after.stored, notices: [...before.notices, ...after.notices] }
  }
}

function toCommit(tenant: TenantContext, { matches, ...batch }: JudgedBatch): CommitBatch {
  return {
    ...batch,
    matches: matches.flatMap(({ event: index, rule, matchedConditions }) => {
      const event = batch.events[index]
      return event ? [{ eventId: event.id, seq: event.seq, eventTime: event.time, ruleId: rule.id, matchedConditions }] : []
    }),
    alerts: draftAlerts(
      tenant.tenantId,
      batch.sensorId,
      batch.events,
      matches.filter(({ silent }) => !silent),
    ),
  }
}

/** Cut before the middle event; a tombstone is never cut, because it starts and ends where events do not. */
function halves(batch: JudgedBatch): [JudgedBatch, JudgedBatch] {
  const middle = Math.ceil(batch.events.length / 2)
  const cut = batch.events[middle]?.seq ?? batch.last
  return [
    {
      ...batch,
      last: cut - 1,
      events: batch.events.slice(0, middle),
      tombstones: batch.tombstones.filter(({ first }) => first < cut),
      matches: batch.matches.filter(({ event }) => event < middle),
    },
    {
      ...batch,
      first: cut,
      events: batch.events.slice(middle),
      tombstones: batch.tombstones.filter(({ first }) => first >= cut),
      matches: batch.matches.filter(({ event }) => event >= middle).map((match) => ({ ...match, event: match.event - middle })),
    },
  ]
}

async function untilDone<T>(signal: AbortSignal, log: Logger, trouble: string, work: () => Promise<T>, onRetry?: () => void): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    if (signal.aborted) throw new StreamGone()
    try {
      return await work()
    } catch (error) {
      if (isFinal(error)) throw error
      onRetry?.()
      // A minute of an outage is a dozen attempts per stream: the first one and then one in twelve is enough to read.
      if (attempt % 12 === 0) log.warn({ err: error, attempt: attempt + 1 }, `${trouble}; trying again`)
      await sleep(Math.random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt), signal)
    }
  }
}

/** Trying the same again cannot help. */
const isFinal = (error: unknown): boolean => isDataProblem(error) || (error instanceof ExpectedError && error.kind === 'conflict')

/**
 * Whether the database refused what the data says, not the moment: SQLSTATE class 22 (data exception) and 54 (program limit, such as JSON nested
 * too deeply), https://www.postgresql.org/docs/current/errcodes-appendix.html. The driver's error may be wrapped.
 */
export function isDataProblem(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ExpectedError && cause.kind === 'invalid') return true
    if ('code' in cause && typeof cause.code === 'string' && /^(22|54)[0-9A-Z]{3}$/.test(cause.code)) return true
  }
  return false
}
