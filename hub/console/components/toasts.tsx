import { X } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import { Button, IconButton } from './button.tsx'

interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'bad'
  readonly undo?: (() => void) | undefined
}
type Say = (text: string, options?: { tone?: Toast['tone']; undo?: () => void }) => void
const ToastContext = createContext<Say>(() => undefined)
const SHOWN_MS = 10_000
const MOST = 4

/** Short results at the edge of the screen, read out politely; ten seconds to take a change back. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const drop = useCallback((id: number) => setToasts((before) => before.filter((toast) => toast.id !== id)), [])
  const say = useCallback<Say>(
    (text, { tone = 'plain', undo } = {}) => {
      const id = Date.now() + Math.random()
      setToasts((before) => [...before.slice(-(MOST - 1)), { id, text, tone, undo }])
      setTimeout(() => drop(id), SHOWN_MS)
    },
    [drop],
  )
  return (
    <ToastContext value={say}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed bottom-4 left-1/2 z-60 flex w-max max-w-[92vw] -translate-x-1/2 flex-col gap-2"
      >
        {toasts.map((toast) => (
          <div
            key={toast.id}
            className={`pointer-events-auto flex items-center gap-3 rounded-lg border bg-raised py-1.5 pr-1.5 pl-4 shadow-pop ${
              toast.tone === 'bad' ? 'border-critical/60 text-critical' : 'border-line'
            }`}
          >
            <span className="flex-1">{toast.text}</span>
            {toast.undo && (
              <Button
                size="sm"
                look="quiet"
                className="font-semibold text-accent"
                onClick={() => {
                  toast.undo?.()
                  drop(toast.id)
                }}
              >
                Undo
              </Button>
            )}
            <IconButton label="Dismiss" onClick={() => drop(toast.id)}>
              <X />
            </IconButton>
          </div>
        ))}
      </div>
    </ToastContext>
  )
}

export const useSay = (): Say => useContext(ToastContext)
