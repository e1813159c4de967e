import type { Command } from 'commander'
import { messageOf } from '../../shared/errors.ts'
import type { SigmaRule } from '../../shared/sigma/contract.ts'
import { counted } from './counted.ts'
import { createDetectEngine, type DetectEngine, type EngineStart } from './detect-engine.ts'
import { explainedLine, explainedText } from './detect-explain.ts'
import { type ExplainCounts, explainFiles } from './detect-explain-run.ts'
import { lookOf } from './detect-look.ts'
import { createWriter } from './writer.ts'

/** Records explained for people; a file of all that happened would scroll by. */
const EXPLAINED_LIMIT = 20

/**
 * `picket detect --explain`: what a rule asks of records, for people, or as JSON lines where those were asked for by name (they are the default of matches).
 * A rule that is not there, or was rejected, is wrong usage.
 *
 * @param ruleId - the rule's id or name
 */
export async function explain(
  ruleId: string,
  files: readonly string[],
  start: EngineStart,
  { output, event }: { readonly output: string; readonly event?: number },
  command: Command,
): Promise<void> {
  const engine = createDetectEngine({ ...start, level: undefined })
  const rule = findRule(ruleId, engine, command)
  const asLines = output === 'jsonl' && command.getOptionValueSource('output') !== 'default'
  const look = lookOf(process.stdout)
  const counts: ExplainCounts = { explained: 0, others: 0, unreadable: 0, stopped: false }
  const choice = { event, limit: asLines ? Number.POSITIVE_INFINITY : EXPLAINED_LIMIT, others: asLines }
  const out = createWriter(process.stdout)
  try {
    for await (const record of explainFiles(files, engine, rule, choice, counts))
      await out.write(asLines ? explainedLine(record) : explainedText(record, look))
  } catch (error) {
    process.exitCode = 1
    process.stderr.write(`cannot read: ${messageOf(error)}\n`)
  }
  await out.flush()
  process.stderr.write(countsText(counts))
}

function findRule(ruleId: string, { rules, problems }: DetectEngine, command: Command): SigmaRule {
  const wanted = ruleId.toLowerCase()
  const rule = rules.find(({ id, name }) => id.toLowerCase() === wanted || name?.toLowerCase() === wanted)
  if (rule) return rule
  const rejected = problems.find((problem) => problem.ruleId?.toLowerCase() === wanted)
  const reason = rejected
    ? `the rule ${ruleId} is rejected: ${rejected.file}:${rejected.line}: ${rejected.reason}`
    : `no rule of --rules has the id or name ${ruleId}`
  return command.error(`error: ${reason}`, { exitCode: 2 })
}

function countsText({ explained, others, unreadable, stopped }: ExplainCounts): string {
  const parts = [`${counted(explained, 'record')} explained`]
  if (others > 0) parts.push(`${others} of other log sources left out`)
  if (unreadable > 0) parts.push(`${unreadable} unreadable`)
  return `${parts.join(', ')}${stopped ? `; stopped at ${EXPLAINED_LIMIT}: --event N takes one, --output jsonl all` : ''}\n`
}
