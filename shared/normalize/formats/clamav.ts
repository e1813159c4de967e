import type { Format } from '../contract.ts'
import { baseName, finishEvent, put } from '../document.ts'
import { syslogDocument } from '../syslog-document.ts'

/** `/home/ana/x.exe: Win.Test.EICAR_HDB-1 FOUND`, perhaps with the file's hash and size after the name. */
const FOUND =
  /^(?:.{0,64}-> )?(\/[^\n]{1,2048}|[A-Za-z]:\\[^\n]{1,2048}|instream\([^)]{1,64}\)|fd\[\d{1,6}\]): (\S{1,256})(?:\([0-9a-f]{32}:\d{1,12}\))? FOUND$/

/** What ClamAV found, from clamd, clamscan or clamonacc. */
export const clamav: Format = {
  name: 'linux.clamav',
  title: 'ClamAV detection',
  recognise: ({ body, object }) => (!object && body.trimEnd().endsWith(' FOUND') && FOUND.test(body.trimEnd().slice(0, 2_500)) ? 0.9 : 0),
  read(record) {
    const found = FOUND.exec(record.body.trimEnd().slice(0, 2_500))
    if (!found) return undefined
    const document = syslogDocument(record, 'linux.clamav', 'clamd')
    put(document, 'event.category', ['malware'])
    put(document, 'threat.software.name', found[2])
    put(document, 'file.path', found[1])
    put(document, 'file.name', baseName(found[1] ?? ''))
    return finishEvent(record, 'linux.clamav', { product: 'linux', service: 'clamav', categories: ['antivirus'] }, undefined, document)
  },
}
