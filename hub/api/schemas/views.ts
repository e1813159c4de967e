/**
 * What the API serves and takes, declared once: routes validate with these, the OpenAPI document is made from them,
 * and the console's types are inferred from them. Names are the console API document's (K rows); the rest follows its manner.
 */
import * as z from 'zod'

const Timestamp = z.iso.datetime()

export const Severity = z.enum(['informational', 'low', 'medium', 'high', 'critical'])
export const AlertStatus = z.enum(['open', 'investigating', 'resolved', 'false_positive'])
export const Mitre = z.object({ tactics: z.array(z.string()), techniques: z.array(z.string()) })
export const Logsource = z.object({ category: z.string().optional(), product: z.string().optional(), service: z.string().optional() })
export const Pagination = z.object({ page: z.int(), size: z.int(), total: z.int() })

/** What every list says of itself besides its rows. */
export const ListMeta = z.object({
  next_cursor: z.string().nullable(),
  took_ms: z.number(),
  total_estimate: z.int(),
  truncated: z.boolean(),
  query_warnings: z.array(z.string()),
})

/** RFC 9457 problem document with a stable `code`. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z
    .array(
      z.object({
        parameter: z.string().optional(),
        field: z.string().optional(),
        message: z.string().optional(),
        allowed: z.array(z.string()).optional(),
      }),
    )
    .optional(),
  /** With VERSION_CONFLICT: the resource as it is now. */
  current: z.record(z.string(), z.unknown()).optional(),
})

// Sign-in
export const LoginRequest = z.object({ email: z.string(), password: z.string() })
export const LoginResponse = z.object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.int() })
export const Me = z.object({
  user: z.object({ email: z.string(), name: z.string(), role: z.string() }),
  tenant: z.object({ name: z.string() }),
  permissions: z.array(z.string()),
})
export const WsTicket = z.object({ ticket: z.string(), expires_in: z.int() })

// Connectors
export const ConnectorStatus = z.enum(['healthy', 'degraded', 'unhealthy', 'unknown', 'disabled'])
export const ConnectorView = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  status: ConnectorStatus,
  enabled: z.boolean(),
  sensor_id: z.string().nullable(),
  health: z.object({ last_check: Timestamp.nullable(), message: z.string(), consecutive_failures: z.int() }),
  stats: z.object({
    events_received_total: z.int(),
    events_failed_total: z.int(),
    bytes_received_total: z.int(),
    events_per_second: z.number(),
    last_event_at: Timestamp.nullable(),
  }),
  /** Without secrets; `<name>_set: true` says one is stored. */
  config: z.record(z.string(), z.unknown()),
  created_at: Timestamp,
  updated_at: Timestamp,
})
export const ConnectorList = z.object({ connectors: z.array(ConnectorView) })
export const ConnectorCreate = z.strictObject({
  name: z.string().min(1).max(100),
  type: z.string(),
  enabled: z.boolean().default(true),
  /** The sensor that runs it; the tenant's only sensor where there is just one. */
  sensor_id: z.string().optional(),
  config: z.record(z.string(), z.unknown()),
})
/** Omitted keys, and omitted secrets within `config`, stay as they are. */
export const ConnectorUpdate = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  enabled: z.boolean().optional(),
  sensor_id: z.string().optional(),
  config: z.record(z.string(), z.unknown()).optional(),
})
export const CheckView = z.object({
  type: z.enum(['connectivity', 'authentication', 'data_flow']),
  status: z.enum(['pass', 'fail', 'unknown']),
  message: z.string(),
  latency_ms: z.number().optional(),
  events_in_last_minute: z.int().optional(),
})
export const ConnectorHealth = z.object({
  connector_id: z.string(),
  status: ConnectorStatus,
  last_check: Timestamp.nullable(),
  checks: z.array(CheckView),
  history: z.array(z.object({ timestamp: Timestamp, status: z.string() })),
})
const Point = z.object({ timestamp: Timestamp, value: z.number() })
export const ConnectorMetrics = z.object({
  connector_id: z.string(),
  metrics: z.object({ events_received: z.array(Point), events_failed: z.array(Point), throughput_eps: z.array(Point) }),
})
/** `POST /v1/connectors/{id}/test`; id `new` with a body tries settings that are not saved. */
export const ConnectorTestRequest = z.strictObject({
  type: z.string().optional(),
  sensor_id: z.string().optional(),
  config: z.record(z.string(), z.unknown()).optional(),
})
export const ConnectorTestResult = z.object({ status: z.enum(['pass', 'fail', 'unknown']), checks: z.array(CheckView) })
/** `GET /v1/connector-types`: the kinds, each with the JSON Schema of its config and its secret keys. */
export const ConnectorTypes = z.object({
  types: z.array(
    z.object({
      type: z.string(),
      title: z.string(),
      description: z.string(),
      config_schema: z.record(z.string(), z.unknown()),
      secrets: z.array(z.string()),
    }),
  ),
})

// Sensors and packs
export const SensorView = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['online', 'offline', 'never_connected', 'revoked']),
  hostname: z.string().nullable(),
  os: z.string().nullable(),
  arch: z.string().nullable(),
  version: z.string().nullable(),
  addresses: z.array(z.string()),
  enrolled_at: Timestamp,
  last_seen_at: Timestamp.nullable(),
  certificate_not_after: Timestamp.nullable(),
  pack: z.object({
    running_version: z.int().nullable(),
    offered_version: z.int().nullable(),
    state: z.enum(['active', 'refused', 'pending', 'none']),
    reason: z.string().nullable(),
    detail: z.string().nullable(),
    reported_at: Timestamp.nullable(),
  }),
  buffer: z.object({ events: z.int(), bytes: z.int(), limit_bytes: z.int(), oldest_at: Timestamp.nullable() }).nullable(),
  process: z.object({ rss_bytes: z.int(), cpu_percent: z.number(), uptime_seconds: z.number() }).nullable(),
  ledger: z.object({ received: z.int(), delivered: z.int(), lost: z.int(), filtered: z.int() }).nullable(),
  connectors: z.int(),
})
export const SensorList = z.object({ sensors: z.array(SensorView) })
export const SensorUpdate = z.strictObject({ name: z.string().min(1).max(100) })
export const EnrollmentTokenCreate = z.strictObject({
  name: z.string().min(1).max(100).default('sensor'),
  expires_in_hours: z.number().min(0.1).max(168).default(24),
})
/** The token is in this answer and nowhere else, ever. `command` is what to paste at the customer's machine. */
export const EnrollmentTokenCreated = z.object({
  id: z.string(),
  token: z.string(),
  command: z.string(),
  download_url: z.string(),
  sha256: z.string(),
  expires_at: Timestamp,
})
export const PreFilterView = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  action: z.enum(['drop', 'keep', 'sample']),
  one_in: z.int().nullable(),
  detection: z.record(z.string(), z.unknown()),
  logsource: Logsource,
  stats: z.object({ checked_total: z.int(), hit_total: z.int() }),
  updated_at: Timestamp,
})
export const PreFilterList = z.object({ filters: z.array(PreFilterView) })
export const PreFilterWrite = z.strictObject({
  name: z.string().min(1).max(100),
  enabled: z.boolean().default(true),
  action: z.enum(['drop', 'keep', 'sample']),
  one_in: z.int().min(2).max(1_000_000).optional(),
  detection: z.record(z.string(), z.unknown()),
  logsource: Logsource.default({}),
})

// Detection rules
export const RuleStats = z.object({
  evaluations_total: z.int(),
  matches_total: z.int(),
  true_positives: z.int(),
  false_positives: z.int(),
  match_rate: z.number(),
})
export const RuleOrigin = z.enum(['shared', 'own'])
export const RuleStage = z.enum(['development', 'testing', 'staging', 'production', 'deprecated'])
export const RuleView = z.object({
  id: z.string(),
  title: z.string(),
  /** The one in force: the tenant's, where it set another than the rule's own. */
  level: Severity,
  status: z.string(),
  enabled: z.boolean(),
  edge: z.boolean(),
  /** `own`: the tenant wrote it or copied it. */
  origin: RuleOrigin,
  /** Of the tenant's own rules only. */
  stage: RuleStage.nullable(),
  logsource: Logsource,
  mitre: Mitre,
  stats: RuleStats,
  created_at: Timestamp,
  updated_at: Timestamp,
})
export const RuleList = z.object({ rules: z.array(RuleView), pagination: Pagination }).extend(ListMeta.shape)
const SampleEvent = z.record(z.string(), z.unknown())
/** An event kept with a rule, and whether the rule must fire on it. */
export const RuleTest = z.strictObject({ name: z.string().min(1).max(200), fires: z.boolean(), event: SampleEvent })
export const RuleProblemView = z.object({
  rule_id: z.string().nullable(),
  title: z.string().nullable(),
  file: z.string(),
  line: z.int(),
  code: z.string(),
  reason: z.string(),
})
export const RuleDetail = RuleView.omit({ stats: true, created_at: true, updated_at: true }).extend({
  description: z.string(),
  author: z.string(),
  date: z.string().nullable(),
  modified: z.string().nullable(),
  false_positives: z.array(z.string()),
  references: z.array(z.string()),
  tags: z.array(z.string()),
  /** The rule as YAML. */
  source: z.string(),
  stats: z.object({ evaluations_last_24h: z.int(), matches_last_24h: z.int(), true_positives_last_7d: z.int(), false_positives_last_7d: z.int() }),
  /** The level the rule itself has. */
  default_level: Severity,
  /** Null for a shared rule. `version` counts texts, `revision` every change: it is the ETag. */
  own: z
    .object({
      version: z.int(),
      revision: z.int(),
      /** With what they came to. */
      tests: z.array(RuleTest.extend({ matched: z.boolean(), right: z.boolean() })),
      /** Why it cannot run, where it cannot. */
      problems: z.array(RuleProblemView),
      created_at: Timestamp,
      created_by: z.string(),
      updated_at: Timestamp,
      updated_by: z.string(),
    })
    .nullable(),
  /** After a change: versions that were dropped because more are not kept. */
  dropped_versions: z.array(z.int()).optional(),
})
/** `level: null` gives the rule its own back. The rest is for a tenant's own rules. */
export const RuleUpdate = z.strictObject({
  enabled: z.boolean().optional(),
  edge: z.boolean().optional(),
  level: Severity.nullable().optional(),
  source: z.string().min(1).optional(),
  stage: RuleStage.optional(),
  tests: z.array(RuleTest).optional(),
  note: z.string().max(2_000).optional(),
})
export const RuleCreate = z.strictObject({
  /** Sigma, as YAML. Without an id in it, the rule gets one. */
  source: z.string().min(1),
  tests: z.array(RuleTest).optional(),
  note: z.string().max(2_000).optional(),
})
export const RuleVersions = z.object({
  rule_id: z.string(),
  versions: z.array(z.object({ version: z.int(), source: z.string(), note: z.string().nullable(), created_at: Timestamp, created_by: z.string() })),
})
export const RuleDiff = z.object({
  rule_id: z.string(),
  from: z.int(),
  to: z.int(),
  /** As `diff -u`; empty where nothing changed. */
  diff: z.string(),
  fields: z.array(z.object({ path: z.string(), change: z.enum(['added', 'removed', 'changed']) })),
})
export const RuleProblems = z.object({ problems: z.array(RuleProblemView) })
export const RuleText = z.strictObject({ source: z.string().min(1).max(300_000) })
export const RuleValidation = z.object({
  valid: z.boolean(),
  problems: z.array(
    z.object({ severity: z.enum(['error', 'warning', 'info']), line: z.int(), column: z.int(), code: z.string(), reason: z.string() }),
  ),
})
export const RuleMatches = z.object({
  rule_id: z.string(),
  matches: z.array(
    z.object({
      match_id: z.string().nullable().describe('The alert that took it in; null where it raised none, because the rule was in staging.'),
      timestamp: Timestamp,
      event: z.object({
        process_name: z.string().nullable(),
        command_line: z.string().nullable(),
        user: z.string().nullable(),
        host: z.string().nullable(),
      }),
      verdict: z.enum(['true_positive', 'false_positive']).nullable(),
      reviewed_by: z.string().nullable(),
      reviewed_at: Timestamp.nullable(),
    }),
  ),
  pagination: Pagination,
})
export const RuleTestRequest = z.strictObject({ events: z.array(SampleEvent).min(1).max(100), explain: z.boolean().default(false) })
export const RuleTextTestRequest = RuleTestRequest.extend({ source: z.string().min(1).max(300_000) })
export const ExplanationView = z.object({
  matched: z.boolean(),
  /** False: the event is of another log source. */
  applies: z.boolean(),
  condition: z.string(),
  searches: z.array(
    z.object({
      name: z.string(),
      matched: z.boolean(),
      role: z.enum(['required', 'excluded']),
      parts: z.array(
        z.object({
          field: z.string().nullable(),
          path: z.string().nullable(),
          wanted: z.string(),
          value: z.string().nullable(),
          matched: z.boolean(),
        }),
      ),
    }),
  ),
  first_failure: z.string().nullable(),
})
export const RuleTestResult = z.object({
  results: z.array(
    z.object({
      event_index: z.int(),
      matched: z.boolean(),
      matched_conditions: z.array(z.string()),
      /** Where it was asked for. */
      explanation: ExplanationView.optional(),
    }),
  ),
})

// Exceptions and value lists
/** A detection section over Sigma's field names: an object, or YAML text. */
const Detection = z.union([z.string().min(1).max(100_000), z.record(z.string(), z.unknown())])
export const ExceptionView = z.object({
  id: z.string(),
  /** Null: for every rule. */
  rule_id: z.string().nullable(),
  reason: z.string(),
  /** As text: YAML as written, or JSON where it was sent as an object. */
  detection: z.string(),
  expires_at: Timestamp,
  /** False once it is over. */
  active: z.boolean(),
  /** Matches it held back since the hub's start. */
  suppressed: z.int(),
  created_at: Timestamp,
  created_by: z.string(),
  updated_at: Timestamp,
  revision: z.int(),
})
export const ExceptionList = z.object({ exceptions: z.array(ExceptionView) })
export const ExceptionCreate = z.strictObject({
  rule_id: z.string().max(200).nullable().optional(),
  reason: z.string().trim().min(3).max(1_000),
  detection: Detection,
  /** 30 days from now unless given. */
  expires_at: z.iso.datetime({ offset: true }).optional(),
})
export const ExceptionUpdate = z.strictObject({
  reason: z.string().trim().min(3).max(1_000).optional(),
  detection: Detection.optional(),
  expires_at: z.iso.datetime({ offset: true }).optional(),
})
export const ExceptionPreviewRequest = z.strictObject({ rule_id: z.string().max(200).nullable().optional(), detection: Detection })
/** What the exception would have taken away. */
export const ExceptionPreview = z.object({
  days: z.int(),
  matches_examined: z.int(),
  matches_hidden: z.int(),
  /** Alerts that would not be there, all their matches being hidden; and those of them that were real. */
  alerts_hidden: z.int(),
  true_positives_hidden: z.int(),
  true_positive_alerts: z.array(z.string()),
  hidden_alerts: z.array(z.string()),
  /** Matches that cannot be judged: retention has dropped the event. */
  events_gone: z.int(),
  truncated: z.boolean(),
})
export const ValueListView = z.object({
  name: z.string(),
  description: z.string(),
  size: z.int(),
  /** The tenant's rules that name it. */
  used_by: z.array(z.string()),
  created_at: Timestamp,
  updated_at: Timestamp,
  updated_by: z.string(),
  revision: z.int(),
})
export const ValueListDetail = ValueListView.extend({ values: z.array(z.string()) })
export const ValueLists = z.object({ value_lists: z.array(ValueListView) })
export const ValueListCreate = z.strictObject({
  /** Letters, digits and `_.-`: what stands between the two `%`. */
  name: z.string().min(1).max(64),
  description: z.string().max(1_000).optional(),
  values: z.array(z.string()),
})
export const ValueListUpdate = ValueListCreate.omit({ name: true }).partial()

// Backtests
const BacktestHit = z.object({
  event_id: z.string(),
  timestamp: Timestamp,
  matched_conditions: z.array(z.string()),
  host: z.string().nullable(),
  user: z.string().nullable(),
})
const Named = z.object({ name: z.string(), hits: z.int() })
export const BacktestResult = z.object({
  hits: z.int(),
  /** One for each UTC day of the range; adds up to `hits`. */
  per_day: z.array(z.object({ day: z.string(), hits: z.int() })),
  top_hosts: z.array(Named),
  top_users: z.array(Named),
  /** True: there were more different hosts or users than are counted apart. */
  entities_truncated: z.boolean(),
  /** The newest hits. */
  sample: z.array(BacktestHit),
  /** Distinct (day, host, user) by the days of the range. */
  estimated_alerts_per_day: z.number(),
  /** Matches that the tenant's exceptions take away; not among `hits`. */
  excepted: z.int(),
  /** Against the rule as it is now; null where the run was of just that, or there is none. */
  comparison: z
    .object({
      live_hits: z.int(),
      gained: z.int(),
      lost: z.int(),
      /** Lost events whose alert an analyst closed as real. */
      lost_true_positives: z.int(),
      gained_sample: z.array(BacktestHit),
      lost_sample: z.array(BacktestHit),
    })
    .nullable(),
})
export const BacktestView = z.object({
  id: z.string(),
  rule_id: z.string(),
  rule_title: z.string(),
  from: Timestamp,
  to: Timestamp,
  status: z.enum(['queued', 'running', 'done', 'cancelled', 'failed']),
  error: z.string().nullable(),
  progress: z.object({
    events_scanned: z.int(),
    events_total: z.int(),
    /** Of those scanned, the ones of the rule's log source. */
    events_evaluated: z.int(),
    percent: z.number(),
    events_per_second: z.number(),
  }),
  created_at: Timestamp,
  created_by: z.string(),
  started_at: Timestamp.nullable(),
  finished_at: Timestamp.nullable(),
})
export const BacktestList = z.object({ backtests: z.array(BacktestView) })
export const BacktestDetail = BacktestView.extend({
  /** The text that was run. */
  source: z.string(),
  result: BacktestResult.nullable(),
})
/** A stored rule, a text, or both: a text for the rule, as a change to it. The range is `last`, or `from` and `to`. */
export const BacktestCreate = z.strictObject({
  rule_id: z.string().max(200).optional(),
  source: z.string().min(1).max(300_000).optional(),
  last: z.enum(['1h', '24h', '7d']).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
})
export const BacktestCreated = z.object({ id: z.string(), status: z.string() })
export const DetectionMetricsView = z.object({
  rules_loaded: z.int(),
  rules_enabled: z.int(),
  evaluations_per_second: z.number(),
  avg_evaluation_time_ms: z.number(),
  p99_evaluation_time_ms: z.number(),
  top_alerting_rules: z.array(z.object({ rule_id: z.string(), title: z.string(), alerts_last_24h: z.int() })),
  alerts_by_severity: z.object({ critical: z.int(), high: z.int(), medium: z.int(), low: z.int(), informational: z.int() }),
  alerts_by_tactic: z.record(z.string(), z.int()),
})

// Alerts
export const AlertView = z.object({
  id: z.string(),
  rule_id: z.string(),
  rule_title: z.string(),
  severity: Severity,
  status: AlertStatus,
  assignee: z.string().nullable(),
  event: z.object({
    timestamp: Timestamp,
    source: z.string().nullable(),
    host: z.string().nullable(),
    user: z.string().nullable(),
    /** Beyond the document: where a web or network event has no host, this is what tells alerts apart. */
    source_ip: z.string().nullable(),
    process: z.string().nullable(),
    command_line: z.string().nullable(),
  }),
  /** Empty objects where nothing is known: no context is made up. */
  enrichment: z.object({
    user_context: z.object({ department: z.string().optional(), is_privileged: z.boolean().optional() }),
    asset_context: z.object({ criticality: z.string().optional(), os: z.string().optional(), ip: z.string().optional() }),
    threat_intel: z.object({ known_malicious: z.boolean().optional(), reputation_score: z.number().optional() }),
  }),
  mitre: Mitre,
  /** Matching events merged into this alert, and when the first and last of them happened. */
  count: z.int(),
  first_event_at: Timestamp,
  last_event_at: Timestamp,
  created_at: Timestamp,
  updated_at: Timestamp,
})
export const AlertList = z.object({ alerts: z.array(AlertView), pagination: Pagination.optional() }).extend(ListMeta.shape)
export const AlertDetail = AlertView.extend({
  matched_conditions: z.array(z.string()),
  rule: z.object({ description: z.string(), false_positives: z.array(z.string()), references: z.array(z.string()), source: z.string() }).nullable(),
  event_id: z.string(),
  /** The first event, ECS-shaped; null once retention has dropped it. */
  event_document: z.record(z.string(), z.unknown()).nullable(),
  activity: z.array(
    z.object({
      at: Timestamp,
      actor: z.string(),
      kind: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      note: z.string().nullable(),
    }),
  ),
  version: z.int(),
})
/** `notes` is appended to the activity. */
export const AlertUpdate = z.strictObject({
  status: AlertStatus.optional(),
  assignee: z.string().max(200).nullable().optional(),
  notes: z.string().min(1).max(5_000).optional(),
})

// Timeline
export const TimelineEventView = z.object({
  id: z.string(),
  timestamp: Timestamp,
  received_at: Timestamp,
  dataset: z.string(),
  connector_id: z.string().nullable(),
  sensor_id: z.string(),
  host: z.string().nullable(),
  user: z.string().nullable(),
  source_ip: z.string().nullable(),
  /** One line for a list: the message, or the original record, cut at 300 characters. */
  message: z.string(),
  event: z.record(z.string(), z.unknown()),
})
export const TimelineList = z.object({ events: z.array(TimelineEventView) }).extend(ListMeta.shape)
export const TimelineHistogram = z.object({ interval_seconds: z.int(), buckets: z.array(Point), took_ms: z.number() })

// Pipeline and health
export const PipelineMetrics = z.object({
  timestamp: Timestamp,
  stages: z.object({
    ingestion: z.object({ events_total: z.int(), events_per_second: z.number(), active_connectors: z.int(), healthy_connectors: z.int() }),
    normalization: z.object({
      events_processed: z.int(),
      events_failed: z.int(),
      success_rate: z.number(),
      avg_latency_ms: z.number(),
      p99_latency_ms: z.number(),
    }),
    detection: z.object({
      events_evaluated: z.int(),
      rules_matched: z.int(),
      alerts_generated: z.int(),
      false_positives: z.int(),
      avg_evaluation_time_ms: z.number(),
    }),
    enrichment: z.object({ alerts_processed: z.int(), avg_enrichment_time_ms: z.number(), intel_cache_hit_rate: z.number() }),
  }),
  queue: z.object({ topics: z.array(z.object({ name: z.string(), consumer_lag: z.int(), messages_per_second: z.number() })) }),
})
export const PipelineTimeseries = z.object({
  ingestion_rate: z.array(Point),
  normalization_latency: z.array(z.object({ timestamp: Timestamp, p50: z.number(), p95: z.number(), p99: z.number() })),
  alerts_generated: z.array(Point),
  queue_consumer_lag: z.record(z.string(), z.array(Point)),
})
const Service = z.object({ status: z.enum(['up', 'down']), replicas: z.int(), healthy_replicas: z.int() })
export const Health = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  timestamp: Timestamp,
  services: z.object({ 'connector-service': Service, 'normalizer-service': Service, 'detection-service': Service, 'enrichment-service': Service }),
})

// WebSocket frames
export const WsFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('metrics_update'),
    timestamp: Timestamp,
    data: z.object({
      ingestion_rate: z.number(),
      normalization_latency_p99: z.number(),
      alerts_last_minute: z.int(),
      queue_consumer_lag_total: z.int(),
    }),
  }),
  z.object({
    type: z.literal('connector_status_change'),
    timestamp: Timestamp,
    data: z.object({ connector_id: z.string(), old_status: z.string(), new_status: z.string(), message: z.string() }),
  }),
  z.object({
    type: z.literal('new_alert'),
    timestamp: Timestamp,
    data: z.object({ alert_id: z.string(), severity: Severity, rule_title: z.string(), host: z.string().nullable() }),
  }),
  /** An open alert took in more matches or was triaged. */
  z.object({ type: z.literal('alert_updated'), timestamp: Timestamp, data: z.object({ alert_id: z.string() }) }),
  z.object({ type: z.literal('subscribed'), timestamp: Timestamp, data: z.object({ topics: z.array(z.string()) }) }),
  z.object({ type: z.literal('error'), timestamp: Timestamp, data: z.object({ code: z.string(), message: z.string() }) }),
])
export const WS_TOPICS = ['metrics', 'connector_health', 'alerts'] as const
/** Client frame. Until the first subscribe a socket gets every topic. */
export const WsSubscribe = z.strictObject({ action: z.enum(['subscribe', 'unsubscribe']), topics: z.array(z.string()) })
