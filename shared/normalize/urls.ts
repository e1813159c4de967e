import type { EventDocument } from '../event/event.ts'
import { extensionOf, get, put } from './document.ts'
import { parsePort } from './ip.ts'

// scheme://user@host:port/path?query#fragment (RFC 3986, appendix B), each class without the next part's first character: linear.
const ABSOLUTE =
  /^([a-z][a-z0-9+.-]{0,31}):\/\/(?:[^@/?#]{0,256}@)?(\[[^\]]{0,64}\]|[^:/?#]{0,255})(?::(\d{1,5}))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is

/** A URL or a request's target, whole in `url.original` and in its parts. Parts that the record gave already stay. */
export function putUrl(document: EventDocument, url: string): void {
  put(document, 'url.original', url)
  const match = ABSOLUTE.exec(url)
  if (match) {
    const [, scheme, host, port, path, query, fragment] = match
    put(document, 'url.full', url)
    put(document, 'url.scheme', scheme?.toLowerCase())
    if (get(document, 'url.domain') === undefined) put(document, 'url.domain', host?.toLowerCase())
    put(document, 'url.port', parsePort(port))
    putPath(document, path ?? '', query)
    put(document, 'url.fragment', fragment)
    return
  }
  const question = url.indexOf('?')
  putPath(document, question < 0 ? url : url.slice(0, question), question < 0 ? undefined : url.slice(question + 1))
}

function putPath(document: EventDocument, path: string, query: string | undefined): void {
  put(document, 'url.path', path)
  put(document, 'url.query', query)
  const extension = extensionOf(path.slice(path.lastIndexOf('/') + 1))
  if (extension !== undefined && /^[a-z0-9]+$/.test(extension)) put(document, 'url.extension', extension)
}
