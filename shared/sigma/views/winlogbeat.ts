import { own } from '../../own.ts'
import { ANY_KEY } from '../compile/field.ts'
import { windowsNames } from '../taxonomies/windows.ts'
import { classifyWindowsParts } from '../taxonomies/windows-logsource.ts'
import { at, dotted, isObject, type NativeView, textAt, uniquePaths } from './view.ts'

const FRAME: { readonly [field: string]: readonly (readonly string[])[] } = {
  EventID: [
    ['winlog', 'event_id'],
    ['event', 'code'],
  ],
  Channel: [['winlog', 'channel']],
  EventLog: [['winlog', 'channel']],
  Provider_Name: [['winlog', 'provider_name']],
  Computer: [['winlog', 'computer_name']],
  ComputerName: [['winlog', 'computer_name']],
  Task: [['winlog', 'task']],
  Opcode: [['winlog', 'opcode']],
  Keywords: [['winlog', 'keywords']],
  Level: [
    ['winlog', 'level'],
    ['log', 'level'],
  ],
  Message: [['message']],
}

/** Windows events as Winlogbeat sends them: `winlog.*`, the provider's data under `winlog.event_data`. */
export const winlogbeatView: NativeView = {
  name: 'winlogbeat',
  paths: (field, logsource) =>
    uniquePaths([
      ...(own(FRAME, field) ?? []),
      ...windowsNames(field, logsource).map((name) => ['winlog', 'event_data', name]),
      ['winlog', 'user_data', field],
      ['winlog', 'user_data', ANY_KEY, field],
      ...dotted(field),
    ]),
  recognise: (document) => isObject(at(document, 'winlog', 'event_data')) && at(document, 'winlog', 'channel') !== undefined,
  classify: (document) =>
    classifyWindowsParts(
      textAt(document, 'winlog', 'channel'),
      textAt(document, 'winlog', 'event_id') ?? textAt(document, 'event', 'code'),
      textAt(document, 'winlog', 'provider_name'),
      textAt(document, 'winlog', 'event_data', 'EventType'),
    ),
  timestamp: (document) => textAt(document, '@timestamp'),
}
