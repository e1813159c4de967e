import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { api } from '../api/client.ts'
import { onRenewal } from '../api/session.ts'
import type { WsFrame, WsTicket } from '../api/types.ts'
import { appendPoint, type LiveMetrics } from './live-metrics.ts'
import { createLiveSocket, type LiveSocket, type LiveStatus } from './live-socket.ts'

interface Live {
  readonly socket: LiveSocket
  readonly points: readonly LiveMetrics[]
}
const LiveContext = createContext<Live | undefined>(undefined)

function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive outside LiveProvider')
  return live
}

/** Opens the tab's one socket, keeps the caches that depend on it fresh, and polls while it is away. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [socket, setSocket] = useState<LiveSocket>()
  const [points, setPoints] = useState<readonly LiveMetrics[]>([])

  useEffect(() => {
    const opened = createLiveSocket(async () => (await api<WsTicket>('POST', '/ws/ticket')).ticket)
    setSocket(opened)
    const stopRenewals = onRenewal(opened.authenticate)
    return () => {
      stopRenewals()
      opened.close()
    }
  }, [])

  useEffect(() => {
    if (!socket) return
    let counting: ReturnType<typeof setTimeout> | undefined
    const stopFrames = socket.onFrame((frame) => {
      if (frame.type === 'metrics_update' && !document.hidden) setPoints((before) => appendPoint(before, frame))
      if (frame.type === 'connector_status_change') void queries.invalidateQueries({ queryKey: ['connectors'] })
      if (frame.type === 'new_alert' || frame.type === 'alert_updated') {
        // A burst is counted once: the counts are read again at most every second.
        counting ??= setTimeout(() => {
          counting = undefined
          void queries.invalidateQueries({ queryKey: ['alerts', 'count'] })
          void queries.invalidateQueries({ queryKey: ['detection', 'metrics'] })
        }, 1_000)
      }
    })
    const refresh = () => {
      for (const queryKey of [['alerts', 'count'], ['alerts', 'detail'], ['detection', 'metrics'], ['connectors']])
        void queries.invalidateQueries({ queryKey })
    }
    // What was missed while the socket was away is read again when it is back.
    let wasAway = false
    const stopStatus = socket.onStatus(() => {
      const live = socket.status().state === 'live'
      if (live && wasAway) refresh()
      wasAway = !live
    })
    const polling = setInterval(() => {
      if (socket.status().state === 'polling') void queries.invalidateQueries({ queryKey: ['alerts', 'count'] })
    }, 30_000)
    return () => {
      stopFrames()
      stopStatus()
      clearTimeout(counting)
      clearInterval(polling)
    }
  }, [socket, queries])

  const live = useMemo(() => socket && { socket, points }, [socket, points])
  return live ? <LiveContext value={live}>{children}</LiveContext> : null
}

export const useLivePoints = (): readonly LiveMetrics[] => useLive().points

export function useLiveStatus(): LiveStatus & { pause(): void; resume(): void } {
  const { socket } = useLive()
  const status = useSyncExternalStore(socket.onStatus, socket.status)
  return { ...status, pause: socket.pause, resume: socket.resume }
}

/** Calls `listener` for every frame; it may change between renders. */
export function useFrames(listener: (frame: WsFrame) => void): void {
  const { socket } = useLive()
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => socket.onFrame((frame) => latest.current(frame)), [socket])
}
