import { Dialog as AriakitDialog, DialogDismiss, DialogHeading } from '@ariakit/react'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Button } from './button.tsx'
import { FormError } from './states.tsx'

/** A modal dialog: focus is held inside and goes back to the opener; Esc closes it. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  wide = false,
}: {
  open: boolean
  onClose: () => void
  title: string
  children: ReactNode
  wide?: boolean
}) {
  return (
    <AriakitDialog
      open={open}
      onClose={onClose}
      unmountOnHide
      backdrop={<div className="z-40 bg-black/45" />}
      className={`card fixed inset-x-0 top-[8vh] z-50 mx-auto flex max-h-[84vh] w-[94vw] flex-col bg-raised shadow-pop ${wide ? 'max-w-3xl' : 'max-w-lg'}`}
    >
      <header className="flex items-center justify-between gap-3 border-b border-line py-2.5 pr-2.5 pl-5">
        <DialogHeading className="text-lg font-semibold">{title}</DialogHeading>
        <DialogDismiss aria-label="Close" className="inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-hover">
          <X className="size-4" />
        </DialogDismiss>
      </header>
      <div className="min-h-0 overflow-auto p-5">{children}</div>
    </AriakitDialog>
  )
}

/** Asks before something that cannot be taken back. The text says what will happen. */
export function ConfirmDialog({
  open,
  onClose,
  title,
  verb,
  act,
  children,
}: {
  open: boolean
  onClose: () => void
  title: string
  verb: string
  act: () => Promise<unknown>
  children: ReactNode
}) {
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const confirm = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await act()
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <div className="flex flex-col gap-4">
        <div className="text-ink-2">{children}</div>
        <FormError error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" busy={busy} onClick={confirm}>
            {verb}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
