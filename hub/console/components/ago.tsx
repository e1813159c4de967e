import { useSyncExternalStore } from 'react'
import { formatInstant, formatRelative } from '../format.ts'

/** One clock for every relative time on the page: a tick each 10 s, and none while nobody looks. */
let nowMs = Date.now()
const watchers = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    nowMs = Date.now()
    for (const each of watchers) each()
  }, 10_000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
const read = () => nowMs

export const useNow = (): number => useSyncExternalStore(watch, read)

export function Ago({ at, never = 'never' }: { at: string | null | undefined; never?: string }) {
  const now = useNow()
  if (!at) return <span className="text-ink-3">{never}</span>
  return (
    <time dateTime={at} title={formatInstant(at)} className="whitespace-nowrap">
      {formatRelative(at, Math.max(now, Date.parse(at) <= now ? now : Date.now()))}
    </time>
  )
}
