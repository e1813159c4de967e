import type { MessagePort } from 'node:worker_threads'
import { serveWorker } from '../serve-worker.ts'
import { type BacktestJudge, type BacktestSpec, createBacktestJudge, type JudgedPage } from './judge-page.ts'
import type { BacktestResult } from './ports.ts'

/** To a backtest's worker, which lives as long as the one backtest. */
export type BacktestRequest =
  | { readonly ask: 'load'; readonly spec: BacktestSpec }
  | { readonly ask: 'page'; readonly events: string }
  | { readonly ask: 'result' }

export interface BacktestReplies {
  readonly load: undefined
  readonly page: JudgedPage
  readonly result: BacktestResult
}

/** The backtest worker's whole program. It knows no tenant and no database: texts and pages come to it. */
export function serveBacktest(port: MessagePort): void {
  let judge: BacktestJudge | undefined
  serveWorker<BacktestRequest>(port, (request) => {
    if (request.ask === 'load') {
      judge = createBacktestJudge(request.spec)
      return undefined
    }
    if (!judge) throw new Error('nothing is loaded')
    return request.ask === 'page' ? judge.page(request.events) : judge.result()
  })
}
