import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheckBig, LoaderCircle, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { api } from '../../api/client.ts'
import { sensorsQuery } from '../../api/queries.ts'
import type { EnrollmentToken } from '../../api/types.ts'
import { useNow } from '../../components/ago.tsx'
import { Button, buttonClass } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { FormError } from '../../components/states.tsx'
import { formatDuration, formatInstant } from '../../format.ts'

/** Name, one command to paste, and a wait that ends when the machine reports. */
export function AddSensor({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Add a sensor" wide>
      <Wizard onClose={onClose} />
    </Dialog>
  )
}

const EXPIRIES = [
  [1, '1 hour'],
  [24, '1 day'],
  [168, '7 days'],
] as const

function Wizard({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [hours, setHours] = useState(24)
  const [making, setMaking] = useState<{ busy: boolean; error?: unknown }>({ busy: false })
  const [token, setToken] = useState<EnrollmentToken>()
  const known = useQuery(sensorsQuery).data?.sensors

  const make = async () => {
    setMaking({ busy: true })
    try {
      setToken(await api<EnrollmentToken>('POST', '/sensors/enrollment-tokens', { body: { name: name.trim() || 'sensor', expires_in_hours: hours } }))
      setMaking({ busy: false })
    } catch (error) {
      setMaking({ busy: false, error })
    }
  }

  if (token) return <Waiting token={token} known={known?.map((sensor) => sensor.id) ?? []} onClose={onClose} />
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <p className="text-ink-2">
        The sensor is one file that needs Node 20 on a Linux machine. It connects out to this hub; nothing has to be opened towards it.
      </p>
      <div className="grid grid-cols-[1fr_160px] gap-4 max-sm:grid-cols-1">
        <Field label="Name" hint="How it is called here. It can be changed later.">
          {(control) => (
            <input
              {...control}
              className="control"
              name="name"
              placeholder="seoul-office-1"
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Command is valid for">
          {(control) => (
            <select {...control} className="control" value={hours} onChange={(event) => setHours(Number(event.target.value))}>
              {EXPIRIES.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <FormError error={making.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={making.busy} data-testid="wizard-next">
          Make the command
        </Button>
      </div>
    </form>
  )
}

function Waiting({ token, known, onClose }: { token: EnrollmentToken; known: readonly string[]; onClose: () => void }) {
  // Frozen when the command was made: whoever is not among these is the new one.
  const before = useRef(new Set(known))
  const sensors = useQuery({ ...sensorsQuery, refetchInterval: 2_000 }).data?.sensors
  const arrived = sensors?.find((sensor) => !before.current.has(sensor.id))
  const now = useNow()
  const left = (Date.parse(token.expires_at) - now) / 1000
  const command = useRef<HTMLElement>(null)
  useEffect(() => command.current?.focus(), [])
  return (
    <div className="flex flex-col gap-4">
      <ol className="flex flex-col gap-5">
        <Step number={1} title="Run this on the machine that will collect">
          <p className="text-ink-2">
            As root, on the customer's Linux machine, not on this one. It downloads the sensor from this hub, checks it, enrols and starts it.
          </p>
          <div className="mt-2 flex items-start gap-2 rounded-md border border-line bg-sunken p-3">
            <code
              ref={command}
              // biome-ignore lint/a11y/noNoninteractiveTabindex: focus lets the command be selected and read by keyboard
              tabIndex={0}
              data-testid="wizard-command"
              className="min-w-0 flex-1 font-mono text-xs break-all whitespace-pre-wrap select-all"
            >
              {token.command}
            </code>
            <CopyButton text={token.command} />
          </div>
          <dl className="mt-2 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
            <dt className="text-ink-3">SHA-256</dt>
            <dd className="font-mono break-all">{token.sha256}</dd>
            <dt className="text-ink-3">File</dt>
            <dd className="font-mono break-all">{token.download_url}</dd>
            <dt className="text-ink-3">Works once, until</dt>
            <dd>
              {formatInstant(token.expires_at)} {left > 0 ? `(${formatDuration(left)} left)` : '(over)'}
            </dd>
          </dl>
          <p className="mt-2 flex items-start gap-1.5 text-xs text-medium">
            <TriangleAlert className="mt-0.5 size-3.5 shrink-0" /> The command holds a secret that is shown only now. Closing this window does not
            void it.
          </p>
        </Step>
        <Step number={2} title={arrived ? 'It is here' : 'Waiting for the machine to report'}>
          <div role="status" data-testid="wizard-status">
            {arrived ? (
              <p className="flex items-center gap-2 rounded-md bg-good-soft px-3 py-2.5 text-good">
                <CircleCheckBig className="size-4 shrink-0" />
                <span>
                  <strong className="font-semibold">{arrived.hostname ?? arrived.name}</strong> enrolled
                  {arrived.os && ` (${[arrived.os, arrived.arch, arrived.version].filter(Boolean).join(', ')})`}.
                </span>
              </p>
            ) : left <= 0 ? (
              <p className="text-critical">The command has expired. Close this and make a new one.</p>
            ) : (
              <p className="flex items-center gap-2 text-ink-2">
                <LoaderCircle className="size-4 animate-spin" /> This page looks every two seconds. It usually takes less than a minute.
              </p>
            )}
          </div>
        </Step>
      </ol>
      <div className="flex justify-end gap-2">
        {arrived && (
          <Link to="/connectors/new" className={buttonClass()}>
            Set up a connector
          </Link>
        )}
        {arrived ? (
          <Link to="/sensors/$sensorId" params={{ sensorId: arrived.id }} className={buttonClass('primary')}>
            Open the sensor
          </Link>
        ) : (
          <Button onClick={onClose}>Close</Button>
        )}
      </div>
    </div>
  )
}

const Step = ({ number, title, children }: { number: number; title: string; children: React.ReactNode }) => (
  <li className="grid grid-cols-[28px_minmax(0,1fr)] gap-x-3">
    <span className="flex size-6.5 items-center justify-center rounded-full bg-accent-soft font-semibold text-accent" aria-hidden="true">
      {number}
    </span>
    <div className="min-w-0">
      <h3 className="mb-1 text-base leading-6.5 font-semibold">{title}</h3>
      {children}
    </div>
  </li>
)
