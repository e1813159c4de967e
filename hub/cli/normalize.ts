import type { Command } from 'commander'
import { messageOf } from '../../shared/errors.ts'
import type { PicketEvent, RawRecord } from '../../shared/event/event.ts'
import type { Normalizer } from '../../shared/normalize/contract.ts'
import { FORMATS } from '../../shared/normalize/formats.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import { linesOf } from './lines.ts'
import { createWriter } from './writer.ts'

interface NormalizeFlags {
  format: string
  field?: string
  timeZone?: string
  explain?: boolean
  listFormats?: boolean
}

/** Lines are gathered into writes of this many characters: one write per line would cost more than the parsing. */
/**
 * `picket normalize`: what a raw record becomes. One record per line in, one JSON document per record out, in order; blank lines are no records.
 * A record that cannot be read with `--field` (the line is no JSON object, or lacks the key) gives `{"error":…}`.
 *
 * The output is the event's document as it is stored. With `--explain` a `picket` object stands beside it: dataset, logsource, parsed, and
 * each format's score.
 */
export function registerNormalize(program: Command): void {
  program
    .command('normalize')
    .description('print what raw records become: one JSON event per line of input')
    .argument('[files...]', 'files of records, one per line, each also .gz; - or none reads standard input')
    .option('--format <name>', 'auto, or one of the formats of --list-formats', 'auto')
    .option('--field <key>', 'each line is a JSON object, and the raw record is the text under this key')
    .option('--time-zone <zone>', 'zone of local times that name none: IANA name or offset (default: UTC)')
    .option('--explain', 'add how the format was chosen, as "picket"')
    .option('--list-formats', 'print the formats and stop')
    .action(async (files: string[], flags: NormalizeFlags, command: Command) => {
      if (flags.listFormats) return listFormats()
      let normalizer: Normalizer
      try {
        normalizer = createNormalizer({ format: flags.format, timeZone: flags.timeZone })
      } catch (error) {
        return command.error(`error: ${messageOf(error)}`, { exitCode: 2 })
      }
      const out = createWriter(process.stdout)
      for (const file of files.length > 0 ? files : ['-']) {
        try {
          for await (const line of linesOf(file)) await out.write(`${normalizeLine(line, flags, normalizer)}\n`)
        } catch (error) {
          await out.flush()
          return command.error(`error: cannot read ${file}: ${messageOf(error)}`, { exitCode: 1 })
        }
      }
      await out.flush()
    })
}

function listFormats(): void {
  const width = Math.max(...FORMATS.map(({ name }) => name.length))
  for (const { name, title } of FORMATS) process.stdout.write(`${name.padEnd(width)}  ${title}\n`)
}

/** One record's line of output. */
export function normalizeLine(
  line: string,
  flags: Pick<NormalizeFlags, 'field' | 'explain'>,
  normalizer: Normalizer,
  observedAt = new Date(),
): string {
  let text = line
  if (flags.field !== undefined) {
    const found = fieldOf(line, flags.field)
    if ('error' in found) return JSON.stringify(found)
    text = found.text
  }
  const record: RawRecord = { text, observedAt }
  if (!flags.explain) return JSON.stringify(normalizer.normalize(record).document)
  const { event, candidates } = normalizer.explain(record)
  return JSON.stringify({ ...event.document, picket: summary(event, candidates) })
}

const summary = ({ dataset, logsource, parsed, time }: PicketEvent, candidates: unknown) => ({ dataset, logsource, parsed, time, candidates })

function fieldOf(line: string, key: string): { text: string } | { error: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (error) {
    return { error: `not JSON: ${messageOf(error)}` }
  }
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, key)) return { error: `no field ${JSON.stringify(key)}` }
  const value = (parsed as { [key: string]: unknown })[key]
  // A shipper may have left the record as the object it is.
  return { text: typeof value === 'string' ? value : JSON.stringify(value) }
}
