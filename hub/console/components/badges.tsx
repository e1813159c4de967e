import type { AlertStatus, ConnectorStatus, Sensor, Severity } from '../api/types.ts'

/** Severity says itself three ways: colour, shape and word. */
const SEVERITY: Readonly<Record<Severity, { word: string; tone: string; shape: React.ReactNode }>> = {
  critical: { word: 'Critical', tone: 'text-critical bg-critical-soft', shape: <path d="M4 1h6l3 3v6l-3 3H4l-3-3V4z" fill="currentColor" /> },
  high: { word: 'High', tone: 'text-high bg-high-soft', shape: <path d="M7 1.5 13 12.5H1z" fill="currentColor" /> },
  medium: { word: 'Medium', tone: 'text-medium bg-medium-soft', shape: <path d="M7 1l6 6-6 6-6-6z" fill="currentColor" /> },
  low: { word: 'Low', tone: 'text-low bg-low-soft', shape: <circle cx="7" cy="7" r="5" fill="currentColor" /> },
  informational: {
    word: 'Info',
    tone: 'text-informational bg-informational-soft',
    shape: <circle cx="7" cy="7" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.8" />,
  },
}

export const severityWord = (severity: Severity): string => SEVERITY[severity].word

export function SeverityMark({ severity, className = '' }: { severity: Severity; className?: string }) {
  const { tone, shape } = SEVERITY[severity]
  return (
    <svg viewBox="0 0 14 14" className={`size-3 shrink-0 ${tone.split(' ')[0]} ${className}`} aria-hidden="true">
      {shape}
    </svg>
  )
}

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { word, tone } = SEVERITY[severity]
  return (
    <span className={`inline-flex h-5.5 items-center gap-1.5 rounded px-1.5 text-xs font-semibold ${tone}`} title={word}>
      <SeverityMark severity={severity} />
      <span className="severity-word">{word}</span>
    </span>
  )
}

const STATUS: Readonly<Record<AlertStatus, { word: string; tone: string }>> = {
  open: { word: 'Open', tone: 'text-ink border-line-strong' },
  investigating: { word: 'Investigating', tone: 'text-accent border-accent' },
  resolved: { word: 'Resolved', tone: 'text-good border-good' },
  false_positive: { word: 'False positive', tone: 'text-ink-3 border-line-strong border-dashed' },
}

export const statusWord = (status: AlertStatus): string => STATUS[status].word

export function StatusBadge({ status }: { status: AlertStatus }) {
  const { word, tone } = STATUS[status]
  return <span className={`inline-flex h-5.5 items-center rounded-full border px-2 text-xs font-medium whitespace-nowrap ${tone}`}>{word}</span>
}

type Tone = 'good' | 'warn' | 'bad' | 'off' | 'busy'
const TONES: Readonly<Record<Tone, string>> = {
  good: 'text-good',
  warn: 'text-medium',
  bad: 'text-critical',
  off: 'text-ink-3',
  busy: 'text-accent',
}
const MARKS: Readonly<Record<Tone, React.ReactNode>> = {
  good: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  warn: <path d="M5 .8 9.4 9H.6z" fill="currentColor" />,
  bad: <path d="M1.5 1.5h7v7h-7z" fill="currentColor" />,
  off: <circle cx="5" cy="5" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  busy: <path d="M5 1a4 4 0 1 1-4 4" fill="none" stroke="currentColor" strokeWidth="1.8" />,
}

/** A state in a word, with a mark whose shape differs by tone. */
export function State({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${TONES[tone]}`}>
      <svg viewBox="0 0 10 10" className="size-2.5 shrink-0" aria-hidden="true">
        {MARKS[tone]}
      </svg>
      {children}
    </span>
  )
}

const CONNECTOR: Readonly<Record<ConnectorStatus, [Tone, string]>> = {
  healthy: ['good', 'Healthy'],
  degraded: ['warn', 'Degraded'],
  unhealthy: ['bad', 'Unhealthy'],
  unknown: ['off', 'Not known yet'],
  disabled: ['off', 'Disabled'],
}
export const ConnectorState = ({ status }: { status: ConnectorStatus }) => <State tone={CONNECTOR[status][0]}>{CONNECTOR[status][1]}</State>

const SENSOR: Readonly<Record<Sensor['status'], [Tone, string]>> = {
  online: ['good', 'Online'],
  offline: ['bad', 'Offline'],
  never_connected: ['off', 'Never connected'],
  revoked: ['off', 'Revoked'],
}
export const SensorState = ({ status }: { status: Sensor['status'] }) => <State tone={SENSOR[status][0]}>{SENSOR[status][1]}</State>

const PACK: Readonly<Record<Sensor['pack']['state'], [Tone, string]>> = {
  active: ['good', 'Active'],
  refused: ['bad', 'Refused'],
  pending: ['busy', 'Pending'],
  none: ['off', 'None yet'],
}
export const PackState = ({ state }: { state: Sensor['pack']['state'] }) => <State tone={PACK[state][0]}>{PACK[state][1]}</State>
