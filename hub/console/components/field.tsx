import { type ReactNode, useId } from 'react'

/** A labelled control: its hint and its error are tied to it for assistive technology. */
export function Field({
  label,
  hint,
  error,
  optional = false,
  children,
}: {
  label: string
  hint?: ReactNode
  error?: string | undefined
  optional?: boolean
  children: (control: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }) => ReactNode
}) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label} {optional && <span className="font-normal text-ink-3">(optional)</span>}
      </label>
      {children({ id, 'aria-describedby': hint || error ? noteId : undefined, 'aria-invalid': error ? true : undefined })}
      {(error || hint) && (
        <p id={noteId} className={`text-xs ${error ? 'text-critical' : 'text-ink-3'}`}>
          {error ?? hint}
        </p>
      )}
    </div>
  )
}

export function Switch({
  checked,
  onChange,
  label,
  testId,
  disabled = false,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  label: string
  testId?: string
  disabled?: boolean
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      data-testid={testId}
      disabled={disabled}
      onClick={() => onChange(!checked)}
      className="group inline-flex h-6 w-10 items-center justify-center rounded-full disabled:opacity-50"
    >
      <span
        className={`relative h-4.5 w-8 rounded-full border transition-colors ${checked ? 'border-accent-solid bg-accent-solid' : 'border-line-strong bg-sunken'}`}
      >
        <span
          className={`absolute top-1/2 size-3 -translate-y-1/2 rounded-full transition-[left] ${checked ? 'left-[16px] bg-on-accent' : 'left-[2px] bg-line-strong'}`}
        />
      </span>
    </button>
  )
}
