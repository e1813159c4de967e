import type { ComponentProps } from 'react'

const LOOKS = {
  plain: 'border border-line-strong/60 bg-surface text-ink hover:bg-hover',
  primary: 'border border-transparent bg-accent-solid text-on-accent hover:brightness-110 font-semibold',
  quiet: 'border border-transparent text-ink-2 hover:bg-hover hover:text-ink',
  danger: 'border border-critical/60 bg-surface text-critical hover:bg-critical-soft font-medium',
} as const

export const buttonClass = (look: keyof typeof LOOKS = 'plain', size: 'md' | 'sm' = 'md'): string =>
  `inline-flex items-center justify-center gap-1.5 rounded-md whitespace-nowrap select-none disabled:opacity-50 [&>svg]:size-4 [&>svg]:shrink-0 ${
    size === 'md' ? 'h-8 px-3' : 'h-7 px-2 text-xs'
  } ${LOOKS[look]}`

/** The one button. `busy` keeps its place and says so to assistive technology. */
export function Button({
  look = 'plain',
  size = 'md',
  busy = false,
  className = '',
  disabled,
  ...rest
}: ComponentProps<'button'> & { look?: keyof typeof LOOKS; size?: 'md' | 'sm'; busy?: boolean }) {
  return (
    <button type="button" {...rest} disabled={disabled || busy} aria-busy={busy || undefined} className={`${buttonClass(look, size)} ${className}`} />
  )
}

export function IconButton({ label, className = '', ...rest }: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink disabled:opacity-40 [&>svg]:size-4 ${className}`}
    />
  )
}
