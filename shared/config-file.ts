import { readFileSync } from 'node:fs'
import { distance } from 'fastest-levenshtein'
import { parse as parseYaml } from 'yaml'
import * as z from 'zod'
import { ExpectedError, messageOf } from './errors.ts'

/** A setting is wrong: the program does not start. The message names the key, the place and what would be right. */
export class ConfigError extends ExpectedError {
  readonly code = 'config'
  readonly kind = 'invalid'
}

export interface ConfigSources {
  /** YAML file; absent: environment and defaults alone. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** `PICKET_`: `PICKET_HTTP_PORT` sets `http_port`. `PICKET_X_FILE` reads the value of `x` from that file. */
  readonly prefix: string
  /** Command line flags, by key; the last word. */
  readonly flags?: Readonly<Record<string, unknown>>
}

/**
 * One object of settings: file, overridden by environment, overridden by flags, checked against one strict schema of flat keys.
 *
 * @throws {ConfigError} for an unreadable file, an unknown key (naming the nearest known one) or a value that does not fit
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  { file, env, prefix, flags = {} }: ConfigSources,
): z.output<z.ZodObject<Shape>> {
  const known = Object.keys(schema.shape)
  const fromFile = file === undefined ? {} : readYaml(file)
  for (const key of Object.keys(fromFile)) {
    if (!known.includes(key)) throw new ConfigError(`${file}: unknown key "${key}"; did you mean "${nearest(key, known)}"?`)
  }
  const fromEnv: Record<string, unknown> = {}
  for (const key of known) {
    const name = `${prefix}${key.toUpperCase()}`
    const path = env[`${name}_FILE`]
    const text = env[name] ?? (path === undefined ? undefined : readText(path).trimEnd())
    if (text !== undefined && text !== '') fromEnv[key] = fromText(schema.shape[key], text)
  }
  const given = { ...fromFile, ...fromEnv, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) }
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const key = String(issue?.path[0] ?? '')
  const place = key in flags ? 'command line' : key in fromEnv ? `${prefix}${key.toUpperCase()}` : (file ?? 'defaults')
  throw new ConfigError(`${place}: ${issue?.path.join('.')}: ${issue?.message}`, { cause: result.error })
}

/** Text where the setting takes text: a password may look like a number, or hold what YAML would read as a comment. Anything else is read as YAML. */
const fromText = (setting: unknown, text: string): unknown =>
  setting instanceof z.ZodType && setting.safeParse(text).success ? text : parseYaml(text)

/** The known word that differs least from `word`. */
export const nearest = (word: string, known: readonly string[]): string => [...known].sort((a, b) => distance(word, a) - distance(word, b))[0] ?? ''

function readYaml(file: string): object {
  try {
    const value: unknown = parseYaml(readText(file)) ?? {}
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`${file}: ${messageOf(error)}`, { cause: error })
  }
  throw new ConfigError(`${file}: expected keys and values`)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}
