import type { Source } from '../source.ts'
import { fileSource } from './file/index.ts'
import { httpSource } from './http/index.ts'
import { syslogSource } from './syslog/index.ts'

/** Every kind of source. A new one is a folder here, a file in `shared/connectors/`, and a line in each list. */
export const SOURCES: readonly Source<object>[] = [syslogSource, fileSource, httpSource]
