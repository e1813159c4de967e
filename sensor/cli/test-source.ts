import { readFile } from 'node:fs/promises'
import { connectorKind } from '../../shared/connectors/kinds.ts'
import { ExpectedError, messageOf } from '../../shared/errors.ts'
import type { ConnectorCheck } from '../check.ts'
import { SOURCES } from '../sources/sources.ts'
import type { Output } from './output.ts'

const WITHIN_MS = 10_000

export class BadSourceSettings extends ExpectedError {
  readonly code = 'bad_source_settings'
  readonly kind = 'invalid'
}

export interface TestSourceRequest {
  readonly kind: string
  /** JSON, or `@` and the file that holds it. */
  readonly config: string
  readonly json?: boolean | undefined
}

/**
 * `picket-sensor test-source`: can it listen, are the files readable, does the peer answer.
 *
 * @returns whether no check failed
 * @throws {BadSourceSettings} an unknown kind, settings it does not take, or a file that cannot be read
 */
export async function testSourceCommand({ kind, config, json }: TestSourceRequest, { print }: Output): Promise<boolean> {
  const source = SOURCES.find((each) => each.kind === kind)
  const schema = connectorKind(kind)?.config
  if (!source || !schema) throw new BadSourceSettings(`unknown kind "${kind}"; known are ${SOURCES.map((each) => each.kind).join(', ')}`)
  const parsed = schema.safeParse(parseJson(await textOf(config)))
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`)
    throw new BadSourceSettings(`the settings do not fit a source of kind ${kind}: ${problems.join('; ')}`)
  }
  const checks = await source.test(parsed.data, AbortSignal.timeout(WITHIN_MS))
  print(json ? JSON.stringify(checks, null, 2) : checks.map(describe).join('\n'))
  return checks.every(({ status }) => status !== 'fail')
}

async function textOf(config: string): Promise<string> {
  if (!config.startsWith('@')) return config
  try {
    return await readFile(config.slice(1), 'utf8')
  } catch (cause) {
    throw new BadSourceSettings(`cannot read the settings: ${messageOf(cause)}`, { cause })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadSourceSettings('the settings are not JSON', { cause })
  }
}

const describe = ({ type, status, message, latencyMs }: ConnectorCheck): string =>
  `${status.padEnd(7)}  ${type.padEnd(14)}  ${message}${latencyMs === undefined ? '' : ` (${latencyMs.toFixed(1)} ms)`}`
