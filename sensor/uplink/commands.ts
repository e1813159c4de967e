import { messageOf } from '../../shared/errors.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import type { ConnectorCheck } from '../check.ts'

const AT_ONCE = 4
/** The hub waits 15 s for an answer. */
const TIMEOUT_MS = 13_000

export interface CommandHandlers {
  /** Tries a source's settings without keeping them. */
  readonly testSource: (source: { connectorId: string; kind: string; config: object }, signal: AbortSignal) => Promise<readonly ConnectorCheck[]>
  /** Starts the sources anew with the running pack. */
  readonly reload: () => Promise<void>
}

/** Answers the hub's commands: each gets one result, a few at once, none longer than the hub waits. */
export function createCommands(handlers: CommandHandlers) {
  let running = 0

  async function execute(command: picket.v1.Command.$Properties): Promise<picket.v1.CommandResult.$Properties> {
    if (command.reload) {
      await handlers.reload()
      return { ok: true }
    }
    if (!command.testSource) return { ok: false, error: 'this sensor does not know the command; it may be older than the hub' }
    const { connectorId, kind, configJson } = command.testSource
    const config: unknown = JSON.parse(configJson || '{}')
    if (typeof config !== 'object' || config === null) throw new Error('the settings are not an object')
    const checks = await handlers.testSource({ connectorId: connectorId ?? '', kind: kind ?? '', config }, AbortSignal.timeout(TIMEOUT_MS))
    return { ok: checks.every(({ status }) => status !== 'fail'), checks: checks.map(toWireCheck) }
  }

  return async (command: picket.v1.Command.$Properties): Promise<picket.v1.CommandResult.$Properties> => {
    const id = command.id ?? ''
    if (running >= AT_ONCE) return { id, ok: false, error: `${AT_ONCE} commands are running already` }
    running++
    try {
      return { id, ...(await execute(command)) }
    } catch (error) {
      return { id, ok: false, error: messageOf(error) }
    } finally {
      running--
    }
  }
}

export const toWireCheck = ({ type, status, message, latencyMs }: ConnectorCheck): picket.v1.Check.$Properties => ({
  type,
  status,
  message,
  ...(latencyMs === undefined ? {} : { latencyMs }),
})
