import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { type AuthMeaning, authMeaning, pamService, putMeaning, putPam, putSource, putUser } from '../linux-auth.ts'
import { syslogDocument } from '../syslog-document.ts'

interface Line {
  readonly pattern: RegExp
  readonly meaning: AuthMeaning
}

const LOGIN = authMeaning('ssh-login', 'authentication', 'start', 'success')
const LOGIN_FAILED = authMeaning('ssh-login', 'authentication', 'start', 'failure')
const INVALID_USER = authMeaning('ssh-invalid-user', 'authentication', 'start', 'failure')
const DENIED = authMeaning('ssh-login-denied', 'authentication', 'denied', 'failure')
const POSTPONED = authMeaning('ssh-login-postponed', 'authentication', 'info')
const TOO_MANY = authMeaning('ssh-attempts-exceeded', 'authentication', 'denied', 'failure')
const CLOSED = authMeaning('ssh-connection-closed', 'network session', 'connection end', 'success')
const OPENED = authMeaning('ssh-connection-opened', 'network session', 'connection start', 'success')
const SESSION = authMeaning('ssh-session-started', 'session', 'start', 'success')
const SESSION_END = authMeaning('ssh-session-closed', 'session', 'end', 'success')
const BROKEN = authMeaning('ssh-connection-failed', 'network session', 'connection error', 'failure')
const KEY = authMeaning('ssh-key-accepted', 'authentication', 'info', 'success')
const SERVER = authMeaning('ssh-server-listening', 'process', 'info', 'success')
const STOPPED = authMeaning('ssh-server-stopped', 'process', 'end', 'success')
const FAULT = authMeaning('ssh-error', 'process', 'error', 'failure')

/** `port 22` may be missing: OpenSSH before 7 wrote the address alone. */
const PEER = '(?<ip>\\S{1,255})(?: port (?<port>\\d{1,5}))?'
// A user name is what the client sent and may hold blanks and ` from `: it is read greedily, so that only the last ` from ` counts.
const NAME = '(?<user>.{0,256})'
// Lines that name user and peer without a ` from ` between always give the port, which tells where the name ends.
const OF_USER = '(?:(?:authenticating|invalid|illegal) )?user (?:(?<user>.{0,256}) )?(?<ip>\\S{1,255}) port (?<port>\\d{1,5})'
const line = (pattern: string, meaning: AuthMeaning): Line => ({ pattern: new RegExp(`^${pattern}`), meaning })

/** The messages of auth.c, auth2.c, packet.c, session.c and sshd.c (https://github.com/openssh/openssh-portable), most frequent first. */
const LINES: readonly Line[] = [
  line(`Failed (?<method>\\S{1,64}) for (?:invalid user |illegal user )?${NAME} from ${PEER}`, LOGIN_FAILED),
  line(`(?:Invalid|Illegal) user ${NAME} from ${PEER}`, INVALID_USER),
  line(`Accepted (?<method>\\S{1,64}) for ${NAME} from ${PEER}(?: ssh\\d)?(?:: (?<keytype>\\S{1,32}) (?<key>\\S{1,256}))?`, LOGIN),
  line(`Received disconnect from ${PEER}:`, CLOSED),
  line(`(?:Disconnected from|Connection (?:closed|reset) by) ${OF_USER}`, CLOSED),
  line(`(?:Disconnected from|Connection (?:closed|reset) by) ${PEER}(?: \\[|$)`, CLOSED),
  line(`Disconnecting:? ${OF_USER}: Too many`, TOO_MANY),
  line(`Disconnecting:? (?:${OF_USER}|.{0,300}): `, CLOSED),
  line(`(?:error: )?maximum authentication attempts exceeded for (?:invalid user |illegal user )?${NAME} from ${PEER}`, TOO_MANY),
  line(`User ${NAME} from ${PEER} not allowed because `, DENIED),
  line(`User ${NAME} not allowed because `, DENIED),
  line(`input_userauth_request: invalid user ${NAME}(?: \\[preauth\\])$`, INVALID_USER),
  line(`input_userauth_request: invalid user ${NAME}$`, INVALID_USER),
  line(`Postponed (?<method>\\S{1,64}) for (?:invalid user )?${NAME} from ${PEER}`, POSTPONED),
  line(`Connection from ${PEER}(?: on (?<serverip>\\S{1,64}) port (?<serverport>\\d{1,5}))?`, OPENED),
  line(`Starting session: .{1,128} for ${NAME} from ${PEER}`, SESSION),
  line(`Close session: user ${NAME} from ${PEER}`, SESSION_END),
  line('User (?<user>\\S{1,256}) is on pid (?<pid>\\d{1,10})', SESSION),
  line('User child is on pid (?<pid>\\d{1,10})', SESSION),
  line('Accepted key ', KEY),
  line('Accepted (?<method>\\S{1,64}) for (?<user>\\S{1,256})', LOGIN),
  line(
    `(?:error: )?(?:Did not receive identification string from|Timeout before authentication for|Bad protocol version identification .{0,256} from) ${PEER}`,
    BROKEN,
  ),
  line(`(?:fatal: )?Unable to negotiate with ${PEER}: `, BROKEN),
  line(
    `(?:ssh_dispatch_run_fatal|error|fatal)[:_].{0,128}?Connection (?:from|closed by|reset by) (?:(?:authenticating |invalid )?user (?<user>\\S{1,256}) )?${PEER}`,
    BROKEN,
  ),
  line('reverse mapping checking getaddrinfo for (?:\\S{1,255}) \\[(?<ip>[^\\]]{1,64})\\] failed', BROKEN),
  line('Server listening on ', SERVER),
  line('Received signal \\d{1,2}; terminating', STOPPED),
  line('(?:error|fatal): ', FAULT),
  line('PAM (?:unable|adding faulty)', FAULT),
]

/** How a bare message (without the header that names sshd) starts; each is worded so that no other program's lines are taken. */
const BARE =
  /^\s{0,4}(?:Accepted \S{1,64} for |Accepted key |Failed \S{1,64} for .{0,256} from \S{1,64} port |Invalid user .{0,256} from |(?:Disconnected from|Connection (?:closed|reset) by) .{1,300}(?:port \d|\[preauth\]|[\d.:a-f]{3,45}$)|Received disconnect from |Disconnecting (?:authenticating |invalid )?user |(?:error: )?maximum authentication attempts exceeded|input_userauth_request: |Connection from \S{1,64} port \d|Starting session: |Close session: user |User \S{1,256} from \S{1,255} not allowed because|User child is on pid|ssh_dispatch_run_fatal|Postponed \S{1,64} for |Server listening on .{1,64} port |Did not receive identification string from|Unable to negotiate with|PAM unable to dlopen|PAM adding faulty)/

const isSshd = (app: string | undefined): boolean => app === 'sshd' || app === 'sshd-session' || app === 'sshd-auth'

/** OpenSSH's server: as syslog writes it, or the bare message; with the PAM lines written in its name. */
export const linuxSshd: Format = {
  name: 'linux.sshd',
  title: 'OpenSSH server (sshd), with its PAM lines, bare or inside syslog',
  recognise({ envelope, body, object }) {
    if (isSshd(envelope?.app)) return 0.95
    if (envelope?.app !== undefined || object) return 0
    const head = body.length > 700 ? body.slice(0, 700) : body
    return pamService(head) === 'sshd' ? 0.9 : BARE.test(head) ? 0.8 : 0
  },
  read(record) {
    const document = syslogDocument(record, 'linux.sshd', 'sshd')
    const body = record.body.trim()
    const head = body.length > 1_500 ? body.slice(0, 1_500) : body
    if (!putPam(document, head)) putLine(document, head)
    return finishEvent(record, 'linux.sshd', { product: 'linux', service: 'sshd', categories: [] }, undefined, document)
  },
}

function putLine(document: EventDocument, body: string): void {
  for (const { pattern, meaning } of LINES) {
    const match = pattern.exec(body)
    if (!match) continue
    putMeaning(document, meaning)
    const groups = match.groups
    if (!groups) return
    putUser(document, groups['user'])
    putSource(document, groups['ip'], groups['port'])
    put(document, 'destination.ip', parseIp(groups['serverip']))
    put(document, 'destination.port', parsePort(groups['serverport']))
    if (groups['pid'] !== undefined) put(document, 'process.pid', Number(groups['pid']))
    put(document, 'ssh.method', groups['method'])
    const key = groups['key']
    if (key?.startsWith('SHA256:')) put(document, 'file.hash.sha256', key.slice(7))
    else put(document, 'ssh.key', key)
    put(document, 'ssh.key_type', groups['keytype'])
    return
  }
}
