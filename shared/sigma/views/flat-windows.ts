import { own } from '../../own.ts'
import { windowsNames } from '../taxonomies/windows.ts'
import { classifyWindowsParts } from '../taxonomies/windows-logsource.ts'
import { type NativeView, textAt, uniquePaths } from './view.ts'

/** What shippers call the parts of the event's frame. */
const FRAME: { readonly [field: string]: readonly string[] } = {
  EventID: ['EventID', 'EventId', 'event_id'],
  Channel: ['Channel', 'LogName'],
  EventLog: ['EventLog', 'Channel', 'LogName'],
  Provider_Name: ['Provider_Name', 'SourceName', 'ProviderName', 'Provider'],
  Computer: ['Computer', 'Hostname', 'ComputerName'],
  ComputerName: ['ComputerName', 'Computer', 'Hostname'],
  Execution_ProcessID: ['ExecutionProcessID'],
  // Classic providers' data have no names; flat shippers leave them out and keep the message they are part of.
  Data: ['Data', 'Message'],
}

type Flat = { readonly [name: string]: unknown }

/** Windows events as one flat object: NXLog, Mordor, Sysmon exports. */
export const flatWindowsView: NativeView = {
  name: 'flat_windows',
  paths: (field, logsource) => uniquePaths([...(own(FRAME, field) ?? []), ...windowsNames(field, logsource)].map((name) => [name])),
  recognise: (document) =>
    ('EventID' in document || 'EventId' in document) &&
    ('Channel' in document || 'SourceName' in document || 'LogName' in document || 'ProviderName' in document || 'Provider_Name' in document),
  classify: (document) => {
    const flat = document as Flat
    return classifyWindowsParts(
      flat['Channel'] ?? flat['LogName'],
      flat['EventID'] ?? flat['EventId'],
      flat['SourceName'] ?? flat['ProviderName'] ?? flat['Provider_Name'],
      flat['EventType'],
    )
  },
  timestamp: (document) => textAt(document, '@timestamp') ?? textAt(document, 'UtcTime') ?? textAt(document, 'EventTime'),
}
