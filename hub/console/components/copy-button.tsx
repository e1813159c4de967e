import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from './button.tsx'

/** Copies `text` and says so for two seconds. Where the clipboard is refused (plain HTTP), it says that. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'refused'>('idle')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setState('done')
    } catch {
      setState(copyBySelection(text) ? 'done' : 'refused')
    }
    setTimeout(() => setState('idle'), 2_000)
  }
  return (
    <Button size="sm" onClick={copy} aria-live="polite">
      {state === 'done' ? <Check /> : <Copy />} {state === 'done' ? 'Copied' : state === 'refused' ? 'Select and copy by hand' : label}
    </Button>
  )
}

/** The old way, for pages that are not a secure context: the clipboard API does not exist there. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  return copied
}
