import { Dialog } from '../../components/dialog.tsx'

export const SHORTCUTS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['j', '↓'], 'Next alert'],
  [['k', '↑'], 'Previous alert'],
  [['Enter', 'o'], 'Open the alert'],
  [['Esc'], 'Close the panel'],
  [[']'], 'Next alert in the panel'],
  [['['], 'Previous alert in the panel'],
  [['s'], 'Set investigating'],
  [['r'], 'Resolve'],
  [['f'], 'Mark as false positive'],
  [['e'], 'Reopen'],
  [['i'], 'Assign to me'],
  [['n'], 'Write a note'],
  [['/'], 'Search'],
  [['Ctrl', 'K'], 'Command palette'],
  [['?'], 'This list'],
]

export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[max-content_1fr] items-center gap-x-6 gap-y-2.5">
        {SHORTCUTS.map(([keys, does]) => (
          <div key={does} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="min-w-6 rounded border border-line-strong/60 bg-sunken px-1.5 py-0.5 text-center font-sans text-xs">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
