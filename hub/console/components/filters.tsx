import { Select, SelectItem, SelectItemCheck, SelectPopover, SelectProvider } from '@ariakit/react'
import { ChevronDown, Search, X } from 'lucide-react'
import { type ReactNode, type Ref, useEffect, useState } from 'react'
import { formatInstant } from '../format.ts'
import { RANGE_NAMES, type Range } from '../search-params.ts'

const trigger = 'control inline-flex items-center gap-1.5 hover:bg-hover whitespace-nowrap max-w-64'

export interface Choice<T extends string> {
  readonly value: T
  readonly name: string
  readonly mark?: ReactNode
}

/** Several of a few values; none chosen reads as “any”. */
export function MultiSelect<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string
  choices: readonly Choice<T>[]
  value: readonly T[]
  onChange: (value: T[]) => void
}) {
  const names = choices.filter((choice) => value.includes(choice.value)).map((choice) => choice.name)
  return (
    <SelectProvider
      value={[...value] as string[]}
      setValue={(next: string[]) => onChange(choices.map((choice) => choice.value).filter((each) => next.includes(each)))}
    >
      <Select className={trigger} aria-label={`${label}: ${names.length === 0 ? 'any' : names.join(', ')}`}>
        <span className="text-ink-3">{label}</span>
        <span className="truncate font-medium">{names.length === 0 || names.length === choices.length ? 'Any' : names.join(', ')}</span>
        <ChevronDown className="size-3.5 shrink-0 text-ink-3" />
      </Select>
      <SelectPopover gutter={4} className="popover min-w-44" unmountOnHide>
        {choices.map((choice) => (
          <SelectItem key={choice.value} value={choice.value} className="popover-item">
            <SelectItemCheck className="flex size-4 items-center text-accent" />
            {choice.mark}
            {choice.name}
          </SelectItem>
        ))}
      </SelectPopover>
    </SelectProvider>
  )
}

/** One of a few values. */
export function OneSelect<T extends string>({
  label,
  choices,
  value,
  onChange,
  text,
}: {
  label: string
  choices: readonly Choice<T>[]
  value: T
  onChange: (value: T) => void
  /** Shown instead of the chosen name. */
  text?: string | undefined
}) {
  const name = text ?? choices.find((choice) => choice.value === value)?.name ?? value
  return (
    <SelectProvider value={value as string} setValue={(next: string) => onChange(next as T)}>
      <Select className={trigger} aria-label={`${label}: ${name}`}>
        <span className="text-ink-3">{label}</span>
        <span className="truncate font-medium">{name}</span>
        <ChevronDown className="size-3.5 shrink-0 text-ink-3" />
      </Select>
      <SelectPopover gutter={4} className="popover min-w-44" unmountOnHide>
        {choices.map((choice) => (
          <SelectItem key={choice.value} value={choice.value} className="popover-item">
            <SelectItemCheck className="flex size-4 items-center text-accent" />
            {choice.mark}
            {choice.name}
          </SelectItem>
        ))}
      </SelectPopover>
    </SelectProvider>
  )
}

export function RangeSelect({
  ranges,
  value,
  from,
  to,
  onChange,
}: {
  ranges: readonly Range[]
  value: Range
  from?: string | undefined
  to?: string | undefined
  onChange: (range: Range) => void
}) {
  const exact = from || to ? `${from ? formatInstant(from) : 'beginning'} to ${to ? formatInstant(to) : 'now'}` : undefined
  return (
    <OneSelect
      label="Time"
      choices={ranges.map((range) => ({ value: range, name: RANGE_NAMES[range] }))}
      value={value}
      onChange={onChange}
      text={exact}
    />
  )
}

/** Search text; goes to the URL on Enter or when the field is left, so that history holds searches and not letters. */
export function SearchBox({
  value,
  onSearch,
  label,
  inputRef,
  testId,
  className = 'w-64',
}: {
  value: string | undefined
  onSearch: (text: string | undefined) => void
  label: string
  inputRef?: Ref<HTMLInputElement>
  testId?: string
  className?: string
}) {
  const [text, setText] = useState(value ?? '')
  useEffect(() => setText(value ?? ''), [value])
  const submit = () => {
    const next = text.trim() === '' ? undefined : text.trim()
    if (next !== value) onSearch(next)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: the search element is newer than the browsers we support
    <form
      role="search"
      className={`relative ${className}`}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Search className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-3" />
      <input
        ref={inputRef}
        className="control w-full pr-8 pl-8"
        aria-label={label}
        placeholder={label}
        value={text}
        data-testid={testId}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onBlur={submit}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {text !== '' && (
        <button
          type="button"
          aria-label="Clear search"
          className="absolute top-1/2 right-1 inline-flex size-6 -translate-y-1/2 items-center justify-center rounded text-ink-3 hover:text-ink"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            setText('')
            onSearch(undefined)
          }}
        >
          <X className="size-3.5" />
        </button>
      )}
    </form>
  )
}
