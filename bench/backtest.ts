import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { createBacktests } from '../hub/detection/backtest/backtests.ts'
import type { BacktestStore } from '../hub/detection/backtest/ports.ts'
import type { TenantView } from '../hub/detection/ports.ts'
import { createBacktestStore } from '../hub/storage/backtest-store.ts'
import { type Database, openDatabase } from '../hub/storage/database.ts'
import { startEmbeddedPostgres } from '../hub/storage/embedded.ts'
import { withTenant } from '../hub/storage/tenant.ts'
import { parseRules } from '../shared/sigma/sigma.ts'
import { newTenant } from '../test/support/storage-builders.ts'
import { type Benchmark, type Figure, percentile } from './report.ts'

const EVENTS = Number(process.env['PICKET_BENCH_EVENTS'] ?? 1_000_000)
const DAYS = 7
const WORKER = resolve('dist/detection-worker.mjs')
const CHUNK = 50_000

const rule = (logsource: string, detection: string) =>
  `title: Bench\nlogsource: ${logsource}\ndetection:\n${detection}\n  condition: selection\nlevel: high\n`
const WINDOWS = rule(
  '{ product: windows, category: process_creation }',
  "  selection:\n    Image|endswith: ['\\powershell.exe', '\\pwsh.exe']\n    CommandLine|contains: [' -enc ', 'downloadstring']",
)
const KEYWORD = rule('{ product: linux }', "  selection: ['Failed password']")

/** A rule over a week of stored events, two log sources and three kinds of them: reading, parsing and judging included. */
export const backtestBenchmark: Benchmark = {
  name: 'backtest',
  title: `Backtest: a rule over ${EVENTS.toLocaleString('en-US')} stored events of ${DAYS} days`,
  run: async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'picket-bench-'))
    chmodSync(dataDir, 0o711) // For the user PostgreSQL runs as when this runs as root.
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const server = await startEmbeddedPostgres({ dataDir, log })
    const db = await openDatabase({ ownerUrl: server.ownerUrl, dataDir, migrations: resolve('hub/storage/migrations'), log })
    const store = createBacktestStore(db)
    const tenant = await newTenant(db)
    const view: TenantView = { settings: new Map(), exceptions: [], rules: [], valueLists: new Map() }
    const read = (source: string) => {
      const [found] = parseRules(source, 'bench').rules
      if (!found) throw new Error('the rule does not parse')
      return found
    }
    const backtests = createBacktests({
      ...{ store, workerScript: WORKER, view: () => view, now: () => new Date(), warn: (message) => process.stderr.write(`${message}\n`) },
      content: {
        ...{ readRule: async (_, source) => read(source), usableRule: async () => read(KEYWORD), ruleOf: () => read(KEYWORD) },
        surroundings: () => ({ placeholders: new Map(), filters: [] }),
      },
    })
    try {
      const to = new Date()
      const from = new Date(to.getTime() - DAYS * 86_400_000)
      await fill(db, tenant, from)
      const run = async (source: string) => {
        const startedAt = performance.now()
        const { id } = await backtests.create(tenant, 'bench', { source, from, to })
        const stalls = watchLoop()
        const done = await ended(backtests, tenant, id)
        if (done.status !== 'done' || !done.result) throw new Error(`it ended as ${done.status}: ${done.error}`)
        return { seconds: (performance.now() - startedAt) / 1_000, result: done.result, progress: done.progress, stallMs: stalls.end() }
      }
      const windows = await run(WINDOWS)
      const linux = await run(KEYWORD)
      const sum = linux.result.perDay.reduce((total, { hits }) => total + hits, 0)
      if (sum !== linux.result.hits) throw new Error(`the days add up to ${sum}, not ${linux.result.hits}`)
      const cancelMs = await cancelling(backtests, store, tenant, { from, to })
      const figures: Figure[] = [
        { what: 'rule of one log source: whole run', value: windows.seconds, unit: 's' },
        { what: 'events looked at', value: windows.progress.scanned / windows.seconds, unit: 'events/s' },
        { what: 'of them evaluated', value: windows.progress.evaluated, unit: 'events' },
        { what: 'hits', value: windows.result.hits, unit: 'hits' },
        { what: 'keyword rule of the other: whole run', value: linux.seconds, unit: 's' },
        { what: 'hits', value: linux.result.hits, unit: 'hits' },
        { what: "hub's event loop held up, longest", value: Math.max(windows.stallMs, linux.stallMs), unit: 'ms' },
        { what: 'cancel while running, slowest of 5', value: percentile(cancelMs, 1), unit: 'ms', target: '< 1,000' },
      ]
      return figures
    } finally {
      await backtests.close()
      await db.close()
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
}

type Backtests = ReturnType<typeof createBacktests>
type Tenant = { readonly tenantId: string }

async function ended(backtests: Backtests, tenant: Tenant, id: string) {
  for (;;) {
    const found = await backtests.get(tenant, id)
    if (found.finishedAt) return found
    await sleep(50)
  }
}

/** Cancels at five different moments of a run. */
async function cancelling(backtests: Backtests, store: BacktestStore, tenant: Tenant, range: { from: Date; to: Date }): Promise<number[]> {
  const took: number[] = []
  for (const afterMs of [300, 700, 1_000, 1_500, 2_000]) {
    const { id } = await backtests.create(tenant, 'bench', { source: KEYWORD, ...range })
    while ((await store.get(tenant, id))?.status === 'queued') await sleep(10)
    await sleep(afterMs)
    const startedAt = performance.now()
    await backtests.cancel(tenant, id)
    took.push(performance.now() - startedAt)
  }
  return took
}

/** The longest time, ms, in which this thread did nothing else. */
function watchLoop(): { end(): number } {
  let last = performance.now()
  let worst = 0
  const timer = setInterval(() => {
    const now = performance.now()
    worst = Math.max(worst, now - last - 10)
    last = now
  }, 10)
  return {
    end: () => {
      clearInterval(timer)
      return worst
    },
  }
}

/** Written by the server itself: how they got there is not what is measured. */
async function fill(db: Database, tenant: Tenant & { sensorId: string }, from: Date): Promise<void> {
  const days = Array.from({ length: DAYS + 1 }, (_, day) => from.getTime() + day * 86_400_000)
  await db.partitions.ensure(days, new Date())
  const seconds = (DAYS * 86_400) / EVENTS
  for (let first = 0; first < EVENTS; first += CHUNK)
    await withTenant(db, tenant, (tx) =>
      tx.execute(sql`
        insert into events
          (tenant_id, time, id, sensor_id, seq, observed_at, received_at, dataset, product, service, categories, host, user_name, raw_bytes, parsed, document)
        select ${tenant.tenantId}::uuid, at, gen_random_uuid(), ${tenant.sensorId}, n, at, at, kind, case when kind = 'sshd' then 'linux' else 'windows' end,
          case kind when 'sshd' then 'sshd' when 'sysmon' then 'sysmon' end,
          case kind when 'sshd' then array['authentication'] when 'sysmon' then array['process_creation'] else array['dns_query'] end,
          'host-' || n % 500, 'user-' || n % 2000, 600, true,
          case kind
            when 'sshd' then json_build_object('@timestamp', at, 'host', json_build_object('name', 'host-' || n % 500),
              'message', 'Failed password for user-' || n % 2000 || ' from 10.0.' || n % 250 || '.7 port ' || n % 60000 || ' ssh2',
              'event', json_build_object('dataset', 'sshd', 'outcome', 'failure'), 'process', json_build_object('name', 'sshd', 'pid', n % 32000))
            when 'sysmon' then json_build_object('@timestamp', at, 'event', json_build_object('code', '1', 'provider', 'Microsoft-Windows-Sysmon'),
              'host', json_build_object('name', 'host-' || n % 500), 'user', json_build_object('name', 'user-' || n % 2000),
              'process', json_build_object(
                'executable', case when n % 40 = 1 then 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe' else 'C:\\Windows\\System32\\svchost.exe' end,
                'command_line', case when n % 400 = 1 then 'powershell.exe -nop -w hidden -enc SQBFAFgA' else 'svchost.exe -k netsvcs -p -s Schedule ' || n end,
                'parent', json_build_object('executable', 'C:\\Windows\\System32\\services.exe', 'command_line', 'C:\\Windows\\system32\\services.exe')),
              'winlog', json_build_object('channel', 'Microsoft-Windows-Sysmon/Operational',
                'event_data', json_build_object('IntegrityLevel', 'System', 'LogonId', n)))
            else json_build_object('@timestamp', at, 'event', json_build_object('code', '22'), 'host', json_build_object('name', 'host-' || n % 500),
              'dns', json_build_object('question', json_build_object('name', 'host-' || n % 9000 || '.example.com')),
              'process', json_build_object('executable', 'C:\\Program Files\\App\\app.exe'))
          end
        from (
          select n, (${from.toISOString()}::timestamptz + n * ${seconds}::float8 * interval '1 second')::timestamptz(3) as at,
            (array['sshd', 'sysmon', 'sysmon', 'sshd', 'dns'])[n % 5 + 1] as kind
          from generate_series(${first}::int, ${Math.min(first + CHUNK, EVENTS) - 1}::int) as n
        ) as made`),
    )
}
