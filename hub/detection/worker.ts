import { parentPort, workerData } from 'node:worker_threads'
import { boundRegexTime } from '../../shared/sigma/sigma.ts'
import { serveBacktest } from './backtest/backtest-worker.ts'
import { serveTrials } from './content/trial-worker.ts'
import { serveSharedRules } from './shared-rules-worker.ts'
import { serveTenantRules } from './tenant-rules-worker.ts'
import type { WorkerStart } from './worker-protocol.ts'

/** The detection workers' whole program. */
if (!parentPort) throw new Error('the detection worker runs as a worker thread only')
boundRegexTime()
const { serves } = workerData as WorkerStart
if (serves === 'backtest') serveBacktest(parentPort)
else if (serves === 'trials') serveTrials(parentPort)
else if (serves === 'tenants') serveTenantRules(parentPort)
else serveSharedRules(parentPort)
