import { textAt } from '../../shared/sigma/views/view.ts'

/** Where shapes of events name the machine they happened on; the first found is it. */
const PATHS: readonly (readonly string[])[] = [
  ['Event', 'System', 'Computer'],
  ['winlog', 'computer_name'],
  ['host', 'name'],
  ['host', 'hostname'],
  ['Computer'],
  ['Hostname'],
  ['ComputerName'],
  ['hostname'],
  ['host'],
]

/** The machine an event is of, as the event writes it; undefined where it names none. */
export function hostOf(document: object): string | undefined {
  for (const path of PATHS) {
    const host = textAt(document, ...path)
    if (host !== undefined && host !== '') return host
  }
  return undefined
}
