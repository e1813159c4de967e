import { own } from '../../own.ts'
import { ANY_KEY } from '../compile/field.ts'
import { windowsNames } from '../taxonomies/windows.ts'
import { classifyWindowsParts } from '../taxonomies/windows-logsource.ts'
import { at, isObject, type NativeView, textAt, uniquePaths } from './view.ts'

const SYSTEM = ['Event', 'System']
const DATA = ['Event', 'EventData']

/** Names of the event's frame; everything else is the provider's data. */
const FRAME: { readonly [field: string]: readonly string[] } = {
  EventID: ['EventID'],
  Channel: ['Channel'],
  EventLog: ['Channel'],
  Computer: ['Computer'],
  ComputerName: ['Computer'],
  Level: ['Level'],
  Task: ['Task'],
  Opcode: ['Opcode'],
  Version: ['Version'],
  Keywords: ['Keywords'],
  EventRecordID: ['EventRecordID'],
}

/** As much of the shape as classifying looks at. Any part may be missing or something else: the file is not ours. */
interface EvtxDump {
  readonly Event?: {
    readonly System?: {
      readonly Channel?: unknown
      readonly EventID?: unknown
      readonly Provider?: { readonly '#attributes'?: { readonly Name?: unknown } | null } | null
    } | null
    readonly EventData?: { readonly EventType?: unknown } | null
  } | null
}

/** Windows events as `evtx_dump` and Chainsaw write them: `Event.System`, `Event.EventData` or `Event.UserData`. */
export const evtxDumpView: NativeView = {
  name: 'evtx_dump',
  paths(field, logsource) {
    const frame = own(FRAME, field)
    const [element = '', attribute] = field.split('_')
    return uniquePaths([
      ...(frame ? [[...SYSTEM, ...frame]] : []),
      // An XML attribute's name is joined to its element's: Provider_Name, Execution_ProcessID.
      ...(attribute ? [[...SYSTEM, element, '#attributes', attribute]] : []),
      ...windowsNames(field, logsource).map((name) => [...DATA, name]),
      ['Event', 'UserData', ANY_KEY, field],
    ])
  },
  recognise: (document) => isObject(at(document, 'Event', 'System')),
  classify: (document) => {
    const { Event: event } = document as EvtxDump
    const system = event?.System
    return classifyWindowsParts(system?.Channel, system?.EventID, system?.Provider?.['#attributes']?.Name, event?.EventData?.EventType)
  },
  timestamp: (document) => textAt(document, 'Event', 'System', 'TimeCreated', '#attributes', 'SystemTime'),
}
