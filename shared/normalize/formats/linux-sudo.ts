import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { authMeaning, pamService, putMeaning, putPam, putUser } from '../linux-auth.ts'
import { syslogDocument } from '../syslog-document.ts'

const RAN = authMeaning('sudo-command', 'process', 'start', 'success')
const DENIED = authMeaning('sudo-denied', 'process authentication', 'denied', 'failure')
const BARE = /^\s{0,16}\S{1,64} : (?:[^;=]{1,128}; )?(?:HOST=\S{1,255} ; )?TTY=\S{1,64} ; PWD=/

/** sudo's log line: `ana : TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND=/bin/id`, with a reason before TTY where it was refused. */
export const linuxSudo: Format = {
  name: 'linux.sudo',
  title: 'sudo, with its PAM lines, bare or inside syslog',
  recognise({ envelope, body, object }) {
    if (envelope?.app === 'sudo') return 0.95
    if (envelope?.app !== undefined || object) return 0
    const head = body.length > 700 ? body.slice(0, 700) : body
    return (head.includes(' ; PWD=') && BARE.test(head)) || pamService(head) === 'sudo' ? 0.9 : 0
  },
  read(record) {
    const document = syslogDocument(record, 'linux.sudo', 'sudo')
    const body = record.body.trim()
    const colon = body.indexOf(' : ')
    if (!putPam(document, body) && colon > 0 && colon <= 64) {
      putUser(document, body.slice(0, colon))
      // COMMAND comes last and may hold ` ; ` itself.
      const at = body.indexOf('COMMAND=', colon)
      const reasons: string[] = []
      for (const part of (at < 0 ? body.slice(colon + 3) : body.slice(colon + 3, at)).split(' ; ', 16)) {
        const equals = part.indexOf('=')
        const name = equals < 0 ? '' : part.slice(0, equals)
        const value = part.slice(equals + 1).trim()
        if (name === 'PWD') put(document, 'process.working_directory', value)
        else if (name === 'USER') put(document, 'user.effective.name', value)
        else if (name === 'GROUP') put(document, 'user.effective.group.name', value)
        else if (name === 'TTY') put(document, 'sudo.tty', value)
        else if (name === 'HOST') put(document, 'host.name', value)
        else if (name === 'TSID' || name === 'ENV') put(document, `sudo.${name.toLowerCase()}`, value)
        else if (value !== '') reasons.push(value)
      }
      if (at >= 0) {
        const command = body.slice(at + 8)
        put(document, 'process.command_line', command)
        put(document, 'process.executable', command.split(' ', 1)[0])
      }
      if (at >= 0 || reasons.length > 0) putMeaning(document, reasons.length > 0 ? DENIED : RAN)
      put(document, 'event.reason', reasons.join('; '))
    }
    return finishEvent(record, 'linux.sudo', { product: 'linux', service: 'sudo', categories: [] }, undefined, document)
  },
}
