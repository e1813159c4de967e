import { ecsView } from './ecs.ts'
import { evtxDumpView } from './evtx-dump.ts'
import { flatWindowsView } from './flat-windows.ts'
import { plainView } from './plain.ts'
import type { NativeView } from './view.ts'
import { winlogbeatView } from './winlogbeat.ts'

/** Views by what they take for their own, the most particular first; the last takes anything. */
export const VIEWS: readonly NativeView[] = [evtxDumpView, winlogbeatView, flatWindowsView, ecsView, plainView]

/** The view a document from a file is matched through. */
export const detectView = (document: object): NativeView => VIEWS.find((view) => view.recognise(document)) ?? plainView
