import type { EventDocument } from '../event/event.ts'
import { baseName, dirName, extensionOf, put } from './document.ts'

/** The file an event is about, by its full path: path, name, directory, extension. */
export function putFile(document: EventDocument, path: string | undefined): void {
  if (path === undefined || path === '') return
  const name = baseName(path)
  put(document, 'file.path', path)
  put(document, 'file.name', name)
  put(document, 'file.directory', dirName(path))
  put(document, 'file.extension', extensionOf(name))
}

/** The executable of a process or of its parent, and the name that follows from it. */
export function putExecutable(document: EventDocument, at: 'process' | 'process.parent', path: string | undefined): void {
  if (path === undefined || path === '') return
  put(document, `${at}.executable`, path)
  put(document, `${at}.name`, baseName(path))
}
