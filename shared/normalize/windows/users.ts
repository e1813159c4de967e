import type { EventDocument } from '../../event/event.ts'
import { get, put, relate } from '../document.ts'
import { type EventData, said, type WindowsRecord } from './windows-record.ts'

/** Events about the account that logs on or off; their Subject is only who asked for it (often the machine itself). */
const OF_TARGET = new Set(['4624', '4625', '4634', '4647', '4649', '4675', '4768', '4769', '4770', '4771', '4772', '4773', '4776', '4777'])
/** One account does something to another. */
const ON_ACCOUNT = new Set('4720 4722 4723 4724 4725 4726 4738 4740 4741 4742 4743 4765 4766 4767 4780 4781 4794 4798'.split(' '))
const ON_GROUP = new Set('4727 4728 4729 4730 4731 4732 4733 4734 4735 4737 4754 4755 4756 4757 4758 4764 4799'.split(' '))
/** One account acts with the rights of another. */
const AS_ACCOUNT = new Set(['4648', '4688'])

interface Account {
  readonly name?: string | undefined
  readonly domain?: string | undefined
  readonly id?: string | undefined
}

/**
 * Who an event is about: `user` is who acts or logs on, `user.target` whom it is done to, `user.effective` whose rights are used.
 * What the shipper said already stays.
 */
export function putUsers(document: EventDocument, record: WindowsRecord, isSysmon: boolean): void {
  const { code, data, account } = record
  const subject: Account = { name: said(data['SubjectUserName']), domain: said(data['SubjectDomainName']), id: said(data['SubjectUserSid']) }
  const target: Account = {
    name: said(data['TargetUserName']),
    domain: said(data['TargetDomainName']),
    id: said(data['TargetUserSid']) ?? said(data['TargetSid']),
  }
  if (OF_TARGET.has(code) && target.name !== undefined) {
    putAccount(document, 'user', target)
    relate(document, 'related.user', subject.name)
    return
  }
  if (subject.name !== undefined || subject.id !== undefined) {
    putAccount(document, 'user', subject)
    if (ON_GROUP.has(code)) {
      putAccount(document, 'group', target)
      putAccount(document, 'user.target', memberOf(data))
    } else if (ON_ACCOUNT.has(code)) putAccount(document, 'user.target', code === '4740' ? { name: target.name, id: target.id } : target)
    else if (AS_ACCOUNT.has(code) && target.name !== undefined) putAccount(document, 'user.effective', target)
    return
  }
  const named = namedAccount(data)
  if (named) {
    // Sysmon writes under its service's account: that account's SID is the user's only where both are the same.
    const same = account?.name !== undefined && account.name.toLowerCase() === named.name?.toLowerCase()
    putAccount(document, 'user', same ? { ...named, id: account?.id } : named)
  } else if (target.name !== undefined) putAccount(document, 'user', target)
  else if (account && !isSysmon) putAccount(document, 'user', account)
  else if (account?.id !== undefined) putAccount(document, 'user', { id: account.id })
}

function putAccount(document: EventDocument, at: 'user' | 'group' | 'user.target' | 'user.effective', account: Account): void {
  if (account.name !== undefined && get(document, `${at}.name`) === undefined) put(document, `${at}.name`, account.name)
  if (account.domain !== undefined && get(document, `${at}.domain`) === undefined) put(document, `${at}.domain`, account.domain)
  if (account.id !== undefined && get(document, `${at}.id`) === undefined) put(document, `${at}.id`, account.id)
}

/** `DOMAIN\user` in one field, or name and domain in two. */
function namedAccount(data: EventData): Account | undefined {
  const name = said(data['AccountName'])
  if (name !== undefined) return { name, domain: said(data['AccountDomain']) ?? said(data['Domain']), id: said(data['UserID']) }
  const joined = said(data['User']) ?? said(data['SourceUser']) ?? said(data['Requester']) ?? said(data['user'])
  if (joined === undefined || joined.length > 512) return undefined
  return splitAccount(joined)
}

export const splitAccount = (joined: string): Account => {
  const slash = joined.indexOf('\\')
  return slash > 0 ? { domain: joined.slice(0, slash), name: joined.slice(slash + 1) } : { name: joined }
}

/** `CN=Ana Ruiz,OU=…` of group changes: the common name, which is all the event has besides the SID. */
const memberOf = (data: EventData): Account => {
  const name = said(data['MemberName'])
  const common = name === undefined ? undefined : /^CN=((?:[^,\\]|\\.){1,256})/i.exec(name)
  return { name: common ? (common[1] ?? '').replaceAll('\\', '') : name, id: said(data['MemberSid']) }
}
