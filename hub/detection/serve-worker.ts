import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../../shared/errors.ts'
import type { Answer, Numbered } from './worker-protocol.ts'

/** Answers each request in its turn. What throws is refused with the reason, and the worker goes on. */
export function serveWorker<Request>(port: MessagePort, answer: (request: Request) => unknown): void {
  port.on('message', ({ id, request }: Numbered<Request>) => {
    let told: Answer
    try {
      told = { id, reply: answer(request) }
    } catch (error) {
      told = { id, refused: messageOf(error) }
    }
    port.postMessage(told)
  })
}
