import type { EventLogsource } from '../event/event.ts'
import { own } from '../own.ts'

/** What a record tells of the program that wrote it. */
export interface ApplicationTraces {
  /** The logger's name: `django.security`, `org.springframework.web`. */
  readonly logger?: string | undefined
  /** The syslog header's program. */
  readonly program?: string | undefined
  /** What the sender calls this kind of record. */
  readonly sourcetype?: string | undefined
  readonly text: string
}

/** As much of a record as is looked through for a framework's name. */
const TEXT_LIMIT = 8_192

const application = (product: string): EventLogsource => ({ product, service: undefined, categories: ['application'] })
const JVM = application('jvm')
const SPRING = application('spring')
const VELOCITY = application('velocity')
const PYTHON = application('python')
const DJANGO = application('django')
const NODEJS = application('nodejs')
const RAILS = application('ruby_on_rails')
const DATABASE: EventLogsource = { product: 'sql', service: undefined, categories: ['database', 'application'] }

/** Sigma's product by what senders and syslog headers call a program. */
const NAMED: { readonly [name: string]: EventLogsource } = {
  java: JVM,
  jvm: JVM,
  log4j: JVM,
  logback: JVM,
  catalina: JVM,
  tomcat: JVM,
  tomcat9: JVM,
  tomcat10: JVM,
  spring: SPRING,
  spring_boot: SPRING,
  velocity: VELOCITY,
  python: PYTHON,
  python3: PYTHON,
  gunicorn: PYTHON,
  uwsgi: PYTHON,
  django: DJANGO,
  node: NODEJS,
  nodejs: NODEJS,
  npm: NODEJS,
  pm2: NODEJS,
  rails: RAILS,
  ruby_on_rails: RAILS,
  puma: RAILS,
  unicorn: RAILS,
  sql: DATABASE,
  postgres: DATABASE,
  postgresql: DATABASE,
  mysql: DATABASE,
  mysqld: DATABASE,
  mysql_error: DATABASE,
  mariadbd: DATABASE,
  mssql: DATABASE,
  oracle: DATABASE,
}

const LOGGERS: readonly (readonly [RegExp, EventLogsource])[] = [
  [/^django\b/, DJANGO],
  [/^org\.springframework\./, SPRING],
  [/^org\.apache\.velocity\./, VELOCITY],
  [/^(?:com|org|net|io|javax|jakarta)\.[a-z]\w*\./, JVM],
  [/^(?:uvicorn|gunicorn|celery|sqlalchemy|flask)\b/, PYTHON],
  [/^(?:ActionController|ActiveRecord|ActionView|Rails)\b/, RAILS],
]

/** What stack traces look like. Each pattern is bounded on every side, so that a long line costs one pass. */
const STACKS: readonly (readonly [RegExp, EventLogsource])[] = [
  [/\borg\.springframework\.[a-z]/, SPRING],
  [/\borg\.apache\.velocity\.[a-z]/, VELOCITY],
  [/\bdjango\.(?:core|security|request|http|db)\b/, DJANGO],
  [/\bat [\w.$/]{1,200}\([A-Za-z]\w{0,100}\.(?:java|kt|scala|groovy):\d{1,6}\)/, JVM],
  [/Traceback \(most recent call last\)/, PYTHON],
  [/\((?:node:[a-z]\w{0,40}|(?:file:\/\/)?\/[^\s()]{1,300}\.[cm]?js):?[\w/]{0,80}:\d{1,6}:\d{1,6}\)/, NODEJS],
  [/\bAction(?:Controller|View|Dispatch)::[A-Z]\w{2,60}/, RAILS],
]

/** A word that every pattern above needs: most lines have none, and are passed over in one look. */
const STACK_WORD = /org\.(?:springframework|apache\.velocity)\.|django\.|\bat |Traceback|\((?:node:|file:|\/)|Action[CVD]/

/** Sigma's product and categories of an application's log line: by what its sender calls it, by its logger, else by the look of a stack trace. */
export function applicationOf({ logger, program, sourcetype, text }: ApplicationTraces): EventLogsource | undefined {
  const named = own(NAMED, sourcetype?.toLowerCase() ?? '') ?? own(NAMED, program?.toLowerCase() ?? '')
  // A framework says more than what it runs on; of anything else that has a name, a trace in the text is somebody else's.
  if (named !== undefined && named !== JVM && named !== PYTHON) return named
  const head = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text
  const byLogger = logger === undefined ? undefined : LOGGERS.find(([pattern]) => pattern.test(logger))?.[1]
  const byStack = byLogger === undefined && STACK_WORD.test(head) ? STACKS.find(([pattern]) => pattern.test(head))?.[1] : undefined
  return byLogger ?? byStack ?? named
}
