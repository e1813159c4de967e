import type { Check } from '../../api/types.ts'
import { State } from '../../components/badges.tsx'
import { formatInteger, formatRate } from '../../format.ts'

const MEANING: Readonly<Record<Check['type'], readonly [name: string, meaning: string]>> = {
  connectivity: ['Connectivity', 'The sensor can open what it listens on or reads from.'],
  authentication: ['Authentication', 'Credentials and certificates are accepted.'],
  data_flow: ['Data flow', 'Events have been arriving.'],
}

export function Checks({ checks }: { checks: readonly Check[] }) {
  return (
    <ul className="divide-y divide-line">
      {checks.map((check) => (
        <li key={check.type} className="grid grid-cols-[120px_88px_minmax(0,1fr)] items-baseline gap-3 px-4 py-2.5 max-sm:grid-cols-2">
          <span className="font-medium" title={MEANING[check.type][1]}>
            {MEANING[check.type][0]}
          </span>
          <State tone={check.status === 'pass' ? 'good' : check.status === 'fail' ? 'bad' : 'off'}>
            {check.status === 'pass' ? 'Pass' : check.status === 'fail' ? 'Fail' : 'Unknown'}
          </State>
          <span className="min-w-0 text-ink-2 wrap-anywhere max-sm:col-span-2">
            {check.message || MEANING[check.type][1]}
            {check.latency_ms !== undefined && <span className="text-ink-3"> · {formatRate(check.latency_ms)} ms</span>}
            {(check.events_in_last_minute ?? 0) > 0 && (
              <span className="text-ink-3"> · {formatInteger(check.events_in_last_minute)} in the last minute</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
