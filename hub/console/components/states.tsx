import { CircleAlert, CloudOff, Inbox, LockKeyhole, RotateCw, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { Button } from './button.tsx'

/** The states every panel can be in besides having data: loading, empty in three ways, failed. */
export function Skeleton({ rows = 6, height = 20 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <div key={row} className="skeleton" style={{ height, width: `${92 - ((row * 17) % 34)}%` }} />
      ))}
    </div>
  )
}

function Notice({ icon, title, children, actions }: { icon: ReactNode; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <span className="mb-1 text-ink-3 [&>svg]:size-7 [&>svg]:stroke-[1.5]">{icon}</span>
      <p className="text-base font-semibold">{title}</p>
      {children && <div className="text-ink-2">{children}</div>}
      {actions && <div className="mt-3 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}

/** Nothing exists yet: says what would be here and the first step. */
export const NothingYet = ({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) => (
  <Notice icon={<Inbox />} title={title} actions={action}>
    {children}
  </Notice>
)

/** There may be rows, but none passes the filters. */
export const NoMatch = ({ what, actions }: { what: string; actions: ReactNode }) => (
  <Notice icon={<SearchX />} title={`No ${what} match these filters`} actions={actions}>
    Every row was looked at by the hub; nothing is hidden on another page.
  </Notice>
)

/** What went wrong, its code and request id, and a way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const known = error instanceof ApiError ? error : undefined
  if (known?.status === 403)
    return (
      <Notice icon={<LockKeyhole />} title="Your role does not allow this">
        {known.message}
        <Trace error={known} />
      </Notice>
    )
  return (
    <div role="alert">
      <Notice
        icon={known?.status === 0 ? <CloudOff /> : <CircleAlert />}
        title={known?.status === 404 ? 'Not found' : known?.status === 0 ? 'The hub cannot be reached' : 'This could not be loaded'}
        actions={
          retry && (
            <Button onClick={retry}>
              <RotateCw /> Retry
            </Button>
          )
        }
      >
        <p>{known?.message ?? (error instanceof Error ? error.message : 'Unknown failure')}</p>
        {known?.errors.map((each) => (
          <p key={`${each.parameter}${each.field}${each.message}`} className="mt-1">
            {[each.parameter, each.field].filter(Boolean).join(': ')} {each.message}
            {each.allowed && <span className="block text-ink-3">Allowed: {each.allowed.join(', ')}</span>}
          </p>
        ))}
        {known && <Trace error={known} />}
      </Notice>
    </div>
  )
}

function Trace({ error }: { error: ApiError }) {
  return (
    <p className="mt-3 font-mono text-2xs text-ink-3">
      {error.code}
      {error.requestId && <> · request {error.requestId}</>}
    </p>
  )
}

/** A failure in one line, under a form. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null
  const known = error instanceof ApiError ? error : undefined
  return (
    <div role="alert" className="rounded-md border border-critical/50 bg-critical-soft px-3 py-2 text-critical">
      <p>{error instanceof Error ? error.message : 'Unknown failure'}</p>
      {known?.errors.map((each) => (
        <p key={`${each.parameter}${each.field}${each.message}`}>{[each.field ?? each.parameter, each.message].filter(Boolean).join(': ')}</p>
      ))}
      {known && <p className="mt-1 font-mono text-2xs">{[known.code, known.requestId].filter(Boolean).join(' · ')}</p>}
    </div>
  )
}
