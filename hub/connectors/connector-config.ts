import { closest } from 'fastest-levenshtein'
import * as z from 'zod'
import type { ConnectorConfig, ConnectorKind } from '../../shared/connectors/contract.ts'
import { CONNECTOR_KINDS, connectorKind } from '../../shared/connectors/kinds.ts'
import { ExpectedError } from '../../shared/errors.ts'

export interface ConfigProblem {
  readonly field: string
  readonly message: string
  readonly allowed?: string[] | undefined
}

/** What is wrong with a connector's settings, place by place. Values are never quoted: one may be a secret. */
export class InvalidConnector extends ExpectedError {
  readonly code = 'INVALID_CONNECTOR'
  readonly kind = 'invalid'
  constructor(readonly errors: readonly ConfigProblem[]) {
    super(errors.map(({ field, message }) => `${field}: ${message}`).join(' '))
  }
}

/** @throws {InvalidConnector} naming the kinds there are */
export function kindOf(type: string): ConnectorKind {
  const kind = connectorKind(type)
  if (kind) return kind
  throw new InvalidConnector([{ field: 'type', message: 'There is no such type of connector.', allowed: CONNECTOR_KINDS.map((each) => each.kind) }])
}

/** The settings as a caller may see them: each stored secret is only said to be set. */
export function hideSecrets(kind: ConnectorKind, config: ConnectorConfig): Record<string, unknown> {
  const shown = Object.entries(config).map(([key, value]): [string, unknown] => (kind.secrets.includes(key) ? [`${key}_set`, true] : [key, value]))
  return Object.fromEntries(shown)
}

/**
 * A caller's new settings over the stored ones. Secrets that are left out stay; `<secret>_set`, which answers carry, is accepted and ignored, so that what
 * was read can be sent back.
 * @param merge - true: settings that are left out stay as well, and null takes one away (RFC 7396)
 */
export function mergeConfig(kind: ConnectorKind, stored: ConnectorConfig, given: ConnectorConfig, merge: boolean): Record<string, unknown> {
  const echoes = new Set(kind.secrets.map((secret) => `${secret}_set`))
  const kept = Object.entries(stored).filter(([key]) => merge || kind.secrets.includes(key))
  const changes = Object.entries(given).filter(([key]) => !echoes.has(key))
  return Object.fromEntries([...kept, ...changes].filter(([key]) => given[key] !== null))
}

/** The settings with defaults filled in. @throws {InvalidConnector} */
export function checkConfig(kind: ConnectorKind, config: ConnectorConfig): ConnectorConfig {
  const checked = kind.config.safeParse(config)
  if (checked.success) return { ...checked.data }
  throw new InvalidConnector(checked.error.issues.flatMap((issue) => toProblems(kind, issue)))
}

function toProblems(kind: ConnectorKind, issue: z.core.$ZodIssue): ConfigProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: ['config', ...issue.path].join('.'), message: `${issue.message}.` }]
  const known = configKeys(kind)
  return issue.keys.map((key) => ({
    field: ['config', ...issue.path, key].join('.'),
    message: `There is no such setting; the nearest is ${closest(key, known)}.`,
    allowed: known,
  }))
}

/** The settings a kind has, from its schema. */
export const configKeys = (kind: ConnectorKind): string[] => Object.keys(configSchema(kind)['properties'] ?? {})

/** A kind's settings as JSON Schema (2020-12), as a caller writes them. */
export const configSchema = (kind: ConnectorKind): Record<string, unknown> => z.toJSONSchema(kind.config, { io: 'input' })
