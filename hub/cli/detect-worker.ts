import { runDetectWorker } from './detect-worker-loop.ts'

/** The program of `picket detect`'s worker threads. */
runDetectWorker()
