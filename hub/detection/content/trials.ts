import { startWorkerThread, type WorkerThread } from '../worker-thread.ts'
import { ContentRefused } from './errors.ts'
import type { RuleTest } from './ports.ts'
import type { Placeholders } from './rule-text.ts'
import type { ExceptedMatch, TrialReplies, TrialRequest } from './trial-worker.ts'
import type { TriedEvent } from './try-rule.ts'

/** A rule that needs longer for the events it is tried on (a hundred at most) would be suspended on live ones. */
const LIMIT_MS = 10_000

export interface RuleTestOutcome extends RuleTest {
  readonly matched: boolean
  /** It fired exactly if it must. */
  readonly right: boolean
}

/** Tries of rules on sample events, in a worker of their own: what somebody writes must not hold up the hub. */
export interface Trials {
  /** @throws {ContentRefused} `RULE_TOO_SLOW` */
  run(source: string, placeholders: Placeholders, events: readonly object[], explain: boolean): Promise<readonly TriedEvent[]>
  /** Which of the matches an exception takes away, in their order. @throws {ContentRefused} `RULE_TOO_SLOW` */
  except(detection: string, placeholders: Placeholders, matches: readonly ExceptedMatch[]): Promise<readonly boolean[]>
  close(): Promise<void>
}

export function createTrials(workerScript: string | URL, limitMs = LIMIT_MS): Trials {
  let thread: WorkerThread<TrialRequest, TrialReplies> | undefined
  // One after the other, so that the limit is each one's own.
  let turn: Promise<unknown> = Promise.resolve()

  const ask = async <Ask extends TrialRequest['ask']>(request: Extract<TrialRequest, { ask: Ask }>): Promise<TrialReplies[Ask]> => {
    thread ??= startWorkerThread<TrialRequest, TrialReplies>(workerScript, { serves: 'trials' })
    const mine = thread
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `It takes more than ${limitMs / 1_000} s for the events it is tried on; make it cheaper.`
      timer = setTimeout(() => reject(new ContentRefused('invalid', 'RULE_TOO_SLOW', message)), limitMs)
    })
    try {
      return await Promise.race([mine.ask<Ask>(request), late])
    } catch (error) {
      // Too slow, or ended by itself: the next one gets a new thread.
      thread = undefined
      await mine.end()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {}) // Whoever asked is told.
    return result
  }
  const named = (placeholders: Placeholders, text: string) => new Map([...placeholders].filter(([name]) => text.includes(`%${name}%`)))

  return {
    run: (source, placeholders, events, explain) =>
      inTurn(() => ask<'try'>({ ask: 'try', source, placeholders: named(placeholders, source), events, explain })),
    except: (detection, placeholders, matches) =>
      inTurn(() => ask<'except'>({ ask: 'except', detection, placeholders: named(placeholders, detection), matches })),
    close: async () => {
      await thread?.end()
    },
  }
}
