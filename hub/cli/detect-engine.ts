import { performance } from 'node:perf_hooks'
import { type EvtxLoss, readEvtxChunk } from '../../shared/evtx/evtx.ts'
import { boundRegexTime, compileRules, type Matcher, type NativeView, type RuleProblem } from '../../shared/sigma/sigma.ts'
import { type EventBlock, objectGap } from './detect-blocks.ts'
import { hostOf } from './detect-host.ts'
import { type RuleInput, type RuleSet, readRuleSet } from './detect-rules.ts'
import { createShapeReader, type Shaped } from './detect-shape.ts'
import { createJsonScanner } from './json-splitter.ts'

/** All an engine needs to start; plain data, so that a worker thread can be given it. */
export interface EngineStart extends RuleInput {
  readonly format: string
  /** Read what is left of deleted records in event logs too. */
  readonly slack: boolean
}

/** What a block gave. Plain data: it travels between threads. */
export interface BlockResult {
  /** Those that could not be read among them. */
  readonly events: number
  readonly unreadable: number
  readonly hits: readonly BlockHit[]
  /** What is damaged in an event log. */
  readonly losses: readonly EvtxLoss[]
  readonly slackRecords: number
  /** Rules that turned out not to be usable for a shape of event met in this block for the first time. */
  readonly problems: readonly RuleProblem[]
  /** Time within this block that went into compiling rules for a shape of event met for the first time. */
  readonly compileMs: number
}

export interface BlockHit {
  /** The record's place in its block, from 0. */
  readonly event: number
  /** Index in the engine's rules. */
  readonly rule: number
  readonly conditions: readonly string[]
  readonly timestamp?: string | undefined
  readonly host?: string | undefined
  /** The number the event log gave the record. */
  readonly recordId?: number | string | undefined
}

/** A record of a block: its shape, or nothing where it could not be read. */
export type EachRecord = (shaped: Shaped | undefined, recordId?: number | string) => void

/** Rules over blocks of events: all of `picket detect` that is work, in one thread. */
export interface DetectEngine extends RuleSet {
  detect(block: EventBlock): BlockResult
  /** Reads a block's records without putting rules to them. */
  read(block: EventBlock, each: EachRecord): { losses: readonly EvtxLoss[]; slackRecords: number }
}

/** @throws {ExpectedError} for a format that does not exist */
export function createDetectEngine({ format, slack, ...input }: EngineStart): DetectEngine {
  boundRegexTime()
  const shapes = createShapeReader(format)
  const ruleSet = readRuleSet(input)
  const indexOf = new Map(ruleSet.rules.map((rule, index) => [rule, index]))
  const matchers = new Map<NativeView, Matcher>()
  let problems: RuleProblem[] = []
  let compileMs = 0
  const matcherFor = (view: NativeView): Matcher => {
    const known = matchers.get(view)
    if (known) return known
    const startedAt = performance.now()
    const compiled = compileRules(ruleSet.rules, view)
    compileMs += performance.now() - startedAt
    problems = compiled.problems.concat(problems)
    matchers.set(view, compiled.matcher)
    return compiled.matcher
  }

  const readEvtxBlock = (block: Extract<EventBlock, { kind: 'evtx' }>, each: EachRecord) => {
    const losses = [...block.losses]
    let slackRecords = 0
    for (const { offset, bytes } of block.frames) {
      const chunk = readEvtxChunk(bytes, offset, { slack })
      for (const loss of chunk.losses) losses.push(loss)
      slackRecords += chunk.slackRecords
      for (const { id, document } of chunk.records) each(shapes.evtx(document), id)
    }
    return { losses, slackRecords }
  }
  const read: DetectEngine['read'] = (block, each) => {
    if (block.kind === 'evtx') return readEvtxBlock(block, each)
    const bytes = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength)
    for (let given = 0; given < block.tooLarge; given++) each(undefined)
    if (block.kind === 'array')
      for (let at = 0; at < block.ranges.length; at += 2) each(shapes.object(bytes.toString('utf8', block.ranges[at], block.ranges[at + 1])))
    else if (block.kind === 'objects') eachObject(bytes, shapes.object, each)
    else if (block.kind === 'json_lines') eachLine(bytes, (text) => each(shapes.json(text)))
    else eachLine(bytes, (text) => each(shapes.line(text)))
    return NOTHING_LOST
  }

  return {
    ...ruleSet,
    read,
    detect(block) {
      let events = 0
      let unreadable = 0
      const hits: BlockHit[] = []
      const { losses, slackRecords } = read(block, (shaped, recordId) => {
        const event = events++
        if (!shaped) {
          unreadable++
          return
        }
        const { document, view, logsource, text } = shaped
        const matches = matcherFor(view).match(document, logsource, text)
        if (matches.length === 0) return
        const [timestamp, host] = [view.timestamp(document), hostOf(document)]
        for (const { rule, matchedConditions } of matches)
          hits.push({ event, rule: indexOf.get(rule) ?? -1, conditions: matchedConditions, timestamp, host, recordId })
      })
      const compiled = { problems, compileMs }
      problems = []
      compileMs = 0
      return { events, unreadable, hits, losses, slackRecords, ...compiled }
    },
  }
}

const NOTHING_LOST = { losses: [], slackRecords: 0 }
const NEWLINE = 10

/** Lines without their ends; blank ones are left out. */
function eachLine(bytes: Buffer, take: (text: string) => void): void {
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, from)
    const to = newline < 0 ? bytes.length : newline
    const end = bytes[to - 1] === 13 ? to - 1 : to
    if (end > from) {
      const text = bytes.toString('utf8', from, end)
      if (text.charCodeAt(0) > 32 || text.trim() !== '') take(text)
    }
    from = to + 1
  }
}

/** Objects, most of which stand between line ends; a part that is not one object is looked through by its brackets. */
function eachObject(bytes: Buffer, shape: (text: string) => Shaped | undefined, each: EachRecord): void {
  for (let from = 0; from < bytes.length; ) {
    const gap = objectGap(bytes, from)
    const to = gap < 0 ? bytes.length : gap
    const text = bytes.toString('utf8', from, to)
    const shaped = shape(text)
    if (shaped) each(shaped)
    else if (text.trim() !== '') eachInside(bytes, from, to, (inside) => each(shape(inside)))
    from = to
  }
}

function eachInside(bytes: Buffer, from: number, to: number, take: (text: string) => void): void {
  const scanner = createJsonScanner(from)
  let found = false
  scanner.scan(bytes, to, (begin, end) => {
    found = true
    take(bytes.toString('utf8', begin, end))
  })
  // What is left was cut off or is no object at all; given out so that it is counted as unreadable.
  if (scanner.openAt !== undefined) take(bytes.toString('utf8', scanner.openAt, to))
  else if (!found) take(bytes.toString('utf8', from, to))
}
