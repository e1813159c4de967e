import { startWorkerThread, type WorkerThread } from '../worker-thread.ts'
import type { ChangedField } from './changed-fields.ts'
import { ContentRefused } from './errors.ts'
import type { RuleTest } from './ports.ts'
import type { Placeholders, RuleText, TextProblem } from './rule-text.ts'
import type { ExceptedMatch, Outcome, TrialReplies, TrialRequest, TrialValues } from './trial-worker.ts'
import type { TriedEvent } from './try-rule.ts'

/** A rule that needs longer for the events it is tried on (a hundred at most) would be suspended on live ones. */
const LIMIT_MS = 10_000

export interface RuleTestOutcome extends RuleTest {
  readonly matched: boolean
  /** It fired exactly if it must. */
  readonly right: boolean
}

/**
 * Everything that is done with texts as somebody wrote them, in a worker of its own: what they cost must not hold up the hub. Each call is bounded in
 * time and ends with {ContentRefused} `RULE_TOO_SLOW` past it.
 */
export interface Trials {
  /** @param name - shown in problems in the place of a file. @throws {ContentRefused} `RULE_INVALID` */
  read(source: string, name: string, placeholders: Placeholders): Promise<RuleText>
  /** As `withId` of the texts themselves. @throws {ContentRefused} `RULE_INVALID` */
  withId(source: string, id: string, relatedTo?: string): Promise<string>
  validate(source: string, placeholders: Placeholders): Promise<readonly TextProblem[]>
  /** Which parts of a rule differ between two texts. */
  fields(before: string, after: string): Promise<readonly ChangedField[]>
  /** Puts a rule that can be used to sample events. */
  run(
    source: string,
    around: { readonly placeholders: Placeholders; readonly filters: readonly string[] },
    events: readonly object[],
    explain: boolean,
  ): Promise<readonly TriedEvent[]>
  /** Which of the matches an exception takes away, in their order. */
  except(detection: string, placeholders: Placeholders, matches: readonly ExceptedMatch[]): Promise<readonly boolean[]>
  close(): Promise<void>
}

export function createTrials(workerScript: string | URL, limitMs = LIMIT_MS): Trials {
  let thread: WorkerThread<TrialRequest, TrialReplies> | undefined
  // One after the other, so that the limit is each one's own.
  let turn: Promise<unknown> = Promise.resolve()

  const ask = async <Ask extends TrialRequest['ask']>(request: Extract<TrialRequest, { ask: Ask }>): Promise<TrialValues[Ask]> => {
    thread ??= startWorkerThread<TrialRequest, TrialReplies>(workerScript, { serves: 'trials' })
    const mine = thread
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `It takes more than ${limitMs / 1_000} s for the events it is tried on; make it cheaper.`
      timer = setTimeout(() => reject(new ContentRefused('invalid', 'RULE_TOO_SLOW', message)), limitMs)
    })
    let outcome: Outcome<unknown>
    try {
      const reply: Outcome<unknown> = await Promise.race([mine.ask<Ask>(request), late])
      outcome = reply
    } catch (error) {
      // Too slow, or ended by itself: the next one gets a new thread.
      thread = undefined
      await mine.end()
      throw error
    } finally {
      clearTimeout(timer)
    }
    if ('value' in outcome) return outcome.value as TrialValues[Ask]
    const { kind, code, message, errors } = outcome.refusal
    throw new ContentRefused(kind, code, message, errors)
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {}) // Whoever asked is told.
    return result
  }
  const named = (placeholders: Placeholders, ...texts: readonly string[]) =>
    new Map([...placeholders].filter(([name]) => texts.some((text) => text.includes(`%${name}%`))))

  return {
    read: (source, name, placeholders) => inTurn(() => ask<'read'>({ ask: 'read', source, name, placeholders: named(placeholders, source) })),
    withId: (source, id, relatedTo) => inTurn(() => ask<'withId'>({ ask: 'withId', source, id, relatedTo })),
    validate: (source, placeholders) => inTurn(() => ask<'validate'>({ ask: 'validate', source, placeholders: named(placeholders, source) })),
    fields: (before, after) => inTurn(() => ask<'fields'>({ ask: 'fields', before, after })),
    run: (source, { placeholders, filters }, events, explain) =>
      inTurn(() => ask<'try'>({ ask: 'try', source, filters, placeholders: named(placeholders, source, ...filters), events, explain })),
    except: (detection, placeholders, matches) =>
      inTurn(() => ask<'except'>({ ask: 'except', detection, placeholders: named(placeholders, detection), matches })),
    close: async () => {
      await thread?.end()
    },
  }
}
