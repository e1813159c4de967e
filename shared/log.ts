import { type Logger as PinoLogger, pino } from 'pino'

/** `error` means someone must act, `warn` that it healed, `info` marks lifecycle. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const SECRET_KEYS = [
  'token',
  'password',
  'secret',
  'authorization',
  'cookie',
  'key',
  'private_key',
  'privateKey',
  'key_pem',
  'keyPem',
  'database_url',
  'databaseUrl',
]

export interface LogOptions {
  readonly level: LogLevel
  /** One readable line per entry instead of JSON. */
  readonly pretty: boolean
  /** Where lines go; stderr by default, so that stdout stays a command's answer. */
  readonly write?: (line: string) => void
}

/** The program's log. Values under the usual names of secrets are replaced, up to two objects deep; configuration itself is never logged. */
export function createLogger({ level, pretty, write = (line) => process.stderr.write(line) }: LogOptions): Logger {
  const redact = { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[hidden]' }
  // A plain stream and not a pino transport: those are worker threads that load a file of their own, and a program here is one file.
  return pino(
    { level, base: null, redact, serializers: { err: describeError }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: pretty ? (line: string) => write(prettyLine(line)) : write },
  )
}

/** An error for the log: the stack only where it is a bug, the cause's message always. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const code: unknown = Reflect.get(error, 'code')
  const expected = Reflect.has(error, 'kind')
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(expected ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}

const LEVEL_NAMES = new Map(Object.entries(pino.levels.labels).map(([number, name]) => [Number(number), name]))

function prettyLine(line: string): string {
  const { level, time, msg, ...rest }: Record<string, unknown> = JSON.parse(line)
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? printable(value) : JSON.stringify(value)}`)
  return `${String(time).slice(11, 23)} ${(LEVEL_NAMES.get(Number(level)) ?? '').padEnd(5)} ${[printable(String(msg ?? '')), ...fields].join('  ')}\n`
}

/** Control characters made visible: a log line may quote what a stranger sent. */
const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
