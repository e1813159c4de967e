import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { meQuery } from '../api/queries.ts'

/** A page's head and body: its one h1, its document title, its actions. `fill` gives the body the rest of the height. */
export function Page({
  title,
  lead,
  actions,
  fill = false,
  children,
}: {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  fill?: boolean
  children: ReactNode
}) {
  const tenant = useQuery(meQuery).data?.tenant.name
  return (
    <div className={fill ? 'flex h-full min-h-0 flex-col' : 'min-h-full'}>
      <title>{[title, tenant, 'Picket'].filter(Boolean).join(' · ')}</title>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 pt-4 pb-3 max-sm:px-3">
        <div className="min-w-0 flex-[1_1_300px]">
          <h1 className="truncate text-xl font-semibold tracking-[-0.01em] max-sm:whitespace-normal">{title}</h1>
          {lead && <p className="mt-0.5 text-ink-2">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <div className={fill ? 'flex min-h-0 flex-1 flex-col px-5 pb-4 max-sm:px-3' : 'px-5 pb-6 max-sm:px-3'}>{children}</div>
    </div>
  )
}

export function Card({
  title,
  aside,
  children,
  className = '',
  flush = false,
}: {
  title?: string
  aside?: ReactNode
  children: ReactNode
  className?: string
  flush?: boolean
}) {
  return (
    <section className={`card flex min-w-0 flex-col overflow-hidden ${className}`} aria-label={title}>
      {title && (
        <header className="flex min-h-10 items-center justify-between gap-3 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          {aside && <div className="text-xs text-ink-3">{aside}</div>}
        </header>
      )}
      <div className={flush ? 'min-w-0 flex-1' : 'min-w-0 flex-1 p-4'}>{children}</div>
    </section>
  )
}

/** Names and values in two columns. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(96px,max-content)_minmax(0,1fr)] gap-x-5 gap-y-2">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
