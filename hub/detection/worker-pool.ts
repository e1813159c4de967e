import { setImmediate as nextTurn } from 'node:timers/promises'
import { messageOf } from '../../shared/errors.ts'
import type { SigmaRule } from '../../shared/sigma/contract.ts'
import type { DetectionEvent } from './ports.ts'
import type { RuleFile } from './rule-files.ts'
import type { Judged, Placeholders, RuleSetHead, RulesPart, SharedReplies, SharedRequest } from './worker-protocol.ts'
import { DetectionUnavailable, startWorkerThread, type WorkerThread } from './worker-thread.ts'

type Member = WorkerThread<SharedRequest, SharedReplies>

/** What goes to a worker, or comes from one, in a single message is about this much text: a few ms of copying on either side. */
const MESSAGE_CHARACTERS = 256 * 1024
/** Rules are fetched so many at a time; a rule is a page of text. */
const RULES_PER_MESSAGE = 64
/** V8 compiles a function after some hundred calls. */
const WARM_UP_ROUNDS = 20
/** A worker that ends is replaced after so long: one that ends at once would only end again. */
const RESTART_PAUSE_MS = 1_000

export interface WorkerPool {
  readonly head: RuleSetHead
  /** Without their detections, in the order that matches count them. */
  readonly rules: readonly SigmaRule[]
  /** Hands the batch to the worker with the fewest in hand. @throws {DetectionUnavailable} */
  ask(events: readonly DetectionEvent[]): Promise<Judged>
  /** Has every worker judge the events a few times and drops the answers: what is built at first use, by us and by V8, is built then. */
  warmUp(events: readonly DetectionEvent[]): Promise<void>
  /** Workers that have compiled their rules and run. */
  readonly alive: number
  readonly size: number
  /** Takes nothing more; each worker ends when it has answered what it holds. */
  retire(): Promise<void>
  close(): Promise<void>
}

export interface WorkerPoolOptions {
  readonly script: string | URL
  readonly files: readonly RuleFile[]
  readonly placeholders: Placeholders
  readonly size: number
  /** True: the workers compile one after the other, so that those that serve meanwhile keep the other cores. */
  readonly oneByOne: boolean
  readonly onFault: (message: string) => void
}

/**
 * Worker threads that all hold the same compiled rules. One that ends is replaced; its batches fail with `DetectionUnavailable`.
 * Nothing of the rules is parsed on this thread, and what passes between the threads does so in parts.
 *
 * @throws Error where a worker cannot load the rules
 */
export async function createWorkerPool({ script, files, placeholders, size, oneByOne, onFault }: WorkerPoolOptions): Promise<WorkerPool> {
  const members: Member[] = []
  const starting = new Set<Member>()
  let closing = false

  const start = async (): Promise<{ member: Member; head: RuleSetHead }> => {
    const member: Member = startWorkerThread(script, { serves: 'shared rules' })
    starting.add(member)
    try {
      for (const part of inParts(files)) {
        await member.ask({ ask: 'files', files: part })
        await nextTurn()
      }
      return { member, head: await member.ask({ ask: 'load', placeholders }) }
    } catch (error) {
      await member.end()
      throw error
    } finally {
      starting.delete(member)
    }
  }
  const join = (member: Member) => {
    members.push(member)
    member.ended.then((reason) => {
      members.splice(members.indexOf(member), 1)
      if (closing) return
      onFault(`a detection worker ended (${reason}); starting another`)
      setTimeout(replace, RESTART_PAUSE_MS).unref()
    })
  }
  const replace = () => {
    if (closing) return
    start().then(
      ({ member }) => (closing ? member.end() : join(member)),
      (error) => {
        onFault(`a detection worker did not start (${messageOf(error)}); trying again`)
        setTimeout(replace, RESTART_PAUSE_MS).unref()
      },
    )
  }

  const rules: SigmaRule[] = []
  const started: Promise<{ member: Member; head: RuleSetHead }>[] = []
  let head: RuleSetHead
  try {
    for (let worker = 0; worker < size; worker++) {
      const starts = start()
      starts.catch(() => undefined) // Waited for below, all together; the first that fails is told of.
      started.push(starts)
      if (oneByOne) await starts
    }
    const [first] = await Promise.all(started)
    if (!first) throw new Error('a pool of no workers')
    head = first.head
    while (rules.length < head.rules) {
      rules.push(...rulesIn(await first.member.ask({ ask: 'rules', from: rules.length, to: rules.length + RULES_PER_MESSAGE })))
      await nextTurn()
    }
    for (const starts of started) join((await starts).member)
  } catch (error) {
    closing = true
    for (const starts of await Promise.allSettled(started)) if (starts.status === 'fulfilled') await starts.value.member.end()
    throw error
  }

  return {
    head,
    rules,
    size,
    get alive() {
      return members.length
    },
    async ask(events) {
      const [idle] = members.toSorted((a, b) => a.inHand - b.inHand)
      if (!idle || closing) throw new DetectionUnavailable('no detection worker is running')
      return idle.ask({ ask: 'judge', events })
    },
    warmUp: async (events) => {
      if (events.length === 0) return
      const warm = async (member: Member) => {
        for (let round = 0; round < WARM_UP_ROUNDS; round++) await member.ask({ ask: 'judge', events })
      }
      await Promise.all(members.map(warm))
    },
    retire: async () => {
      closing = true
      await Promise.all([...members].map((member) => member.retire()))
    },
    close: async () => {
      closing = true
      await Promise.all([...members, ...starting].map((member) => member.end()))
    },
  }
}

/** The rules with texts that are decoded when they are read: thousands of texts on the heap would be copied by every collection of it. */
const rulesIn = ({ rules, sources, ends }: RulesPart): SigmaRule[] =>
  rules.map((rule, index) => ({
    ...rule,
    get source() {
      return Buffer.from(sources.buffer, sources.byteOffset, sources.byteLength).toString('utf8', ends[index - 1] ?? 0, ends[index])
    },
  }))

function* inParts(files: readonly RuleFile[]): Generator<RuleFile[]> {
  let part: RuleFile[] = []
  let characters = 0
  for (const file of files) {
    part.push(file)
    characters += file.text.length
    if (characters < MESSAGE_CHARACTERS) continue
    yield part
    part = []
    characters = 0
  }
  if (part.length > 0) yield part
}
