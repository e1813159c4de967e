import { useMemo } from 'react'
import { CopyButton } from './copy-button.tsx'

type Token = { readonly text: string; readonly kind: 'key' | 'string' | 'other' | 'mark' }

/** JSON text as tokens for colouring. The tokens joined are the text again. */
export function jsonTokens(text: string): Token[] {
  const tokens: Token[] = []
  let end = 0
  for (const match of text.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g)) {
    if (match.index > end) tokens.push({ text: text.slice(end, match.index), kind: 'mark' })
    const [whole, string, colon] = match
    if (string && colon) tokens.push({ text: string, kind: 'key' }, { text: colon, kind: 'mark' })
    else tokens.push({ text: whole, kind: string ? 'string' : 'other' })
    end = match.index + whole.length
  }
  if (end < text.length) tokens.push({ text: text.slice(end), kind: 'mark' })
  return tokens
}

const COLOURS = { key: 'text-accent', string: 'text-ink', other: 'text-high', mark: 'text-ink-3' } as const

export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = useMemo(() => JSON.stringify(value, null, 2), [value])
  const tokens = useMemo(() => jsonTokens(text), [text])
  return (
    <div className="relative">
      <div className="absolute top-2 right-2">
        <CopyButton text={text} label="Copy JSON" />
      </div>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={label}
        className="max-h-[70vh] overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-[1.55] break-all whitespace-pre-wrap"
      >
        {tokens.map((token, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
          <span key={index} className={COLOURS[token.kind]}>
            {token.text}
          </span>
        ))}
      </section>
    </div>
  )
}
