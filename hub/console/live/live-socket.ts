import type { WsFrame } from '../api/types.ts'

export type LiveState = 'live' | 'reconnecting' | 'polling' | 'paused'

export interface LiveStatus {
  readonly state: LiveState
  /** The browser's clock at the last frame; undefined before the first. */
  readonly lastFrameAtMs?: number | undefined
}

export interface LiveSocket {
  /** Every frame of the socket, in order. @returns the unsubscribe */
  onFrame(listener: (frame: WsFrame) => void): () => void
  /** The status changed. @returns the unsubscribe */
  onStatus(listener: () => void): () => void
  status(): LiveStatus
  /** Tells the open socket the renewed token, so that it does not end with the old one. */
  authenticate(token: string): void
  pause(): void
  resume(): void
  close(): void
}

/** Full jitter between half and all of 1, 2, 4 … 30 s. In ms. */
export const backoffMs = (attempt: number, random: number): number => Math.min(30_000, 1_000 * 2 ** attempt) * (0.5 + random / 2)

/** Past this many failures in a row the console stops hoping and polls; the socket goes on trying in the background. */
const POLL_AFTER_FAILURES = 3
/** The hub sends metrics every 5 s; three missed means the line is dead although nobody closed it. */
const SILENCE_MS = 20_000

/**
 * One socket per tab to `/ws/monitoring`, kept up for as long as the console is open.
 *
 * @param ticket - gets a single-use ticket; its rejection counts as a failed attempt
 */
export function createLiveSocket(ticket: () => Promise<string>): LiveSocket {
  const frames = new Set<(frame: WsFrame) => void>()
  const watchers = new Set<() => void>()
  let status: LiveStatus = { state: 'reconnecting' }
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let stopped = false

  const set = (next: LiveStatus) => {
    const changed = next.state !== status.state
    status = next
    if (changed) for (const watcher of watchers) watcher()
  }

  const retry = () => {
    if (stopped) return
    failures += 1
    set({ ...status, state: failures >= POLL_AFTER_FAILURES ? 'polling' : 'reconnecting' })
    clearTimeout(timer)
    timer = setTimeout(connect, backoffMs(failures - 1, Math.random()))
  }

  const drop = (which: WebSocket | undefined) => {
    if (!which) return
    which.onopen = which.onmessage = which.onclose = which.onerror = null
    which.close()
  }

  const watchSilence = (which: WebSocket) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      drop(which)
      retry()
    }, SILENCE_MS)
  }

  async function connect(): Promise<void> {
    let token: string
    try {
      token = await ticket()
    } catch {
      return retry()
    }
    if (stopped) return
    const url = new URL(`/ws/monitoring?token=${encodeURIComponent(token)}`, location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const opened = new WebSocket(url)
    socket = opened
    opened.onopen = () => {
      failures = 0
      set({ state: 'live', lastFrameAtMs: Date.now() })
      opened.send(JSON.stringify({ action: 'subscribe', topics: ['metrics', 'connector_health', 'alerts'] }))
      watchSilence(opened)
    }
    opened.onmessage = (message) => {
      watchSilence(opened)
      status = { ...status, lastFrameAtMs: Date.now() }
      const frame = JSON.parse(String(message.data)) as WsFrame
      for (const listener of frames) listener(frame)
    }
    opened.onclose = () => retry()
  }

  void connect()

  const stop = () => {
    stopped = true
    clearTimeout(timer)
    drop(socket)
  }
  return {
    onFrame: (listener) => {
      frames.add(listener)
      return () => frames.delete(listener)
    },
    onStatus: (listener) => {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    status: () => status,
    authenticate: (token) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ action: 'auth', token }))
    },
    pause: () => {
      stop()
      set({ ...status, state: 'paused' })
    },
    resume: () => {
      stopped = false
      failures = 0
      set({ ...status, state: 'reconnecting' })
      void connect()
    },
    close: stop,
  }
}
