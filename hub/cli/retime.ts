const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const ISO_TIME = /(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)((?:\.\d{1,9})?)/g
/** The header of an RFC 3164 message: it has no year and no zone, and is read as UTC here. */
const BSD_HEADER = /^(<\d{1,3}>)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d/
/** The time of an Apache or nginx access line. */
const ACCESS_TIME = /\[\d{2}\/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/

/**
 * A function that moves the times in a recorded line so that `newest` becomes `now` and every distance is kept. Times without a year,
 * and records of files in which no full time occurs, become `now`.
 */
export function retime(newest: Date | undefined, now: Date): (line: string) => string {
  const shiftMs = newest === undefined ? 0 : now.getTime() - newest.getTime()
  const pad = (value: number) => String(value).padStart(2, '0')
  return (line) => {
    const moved = line.replace(ISO_TIME, (_, date: string, separator: string, time: string, fraction: string) => {
      const at = Date.parse(`${date}T${time}Z`)
      if (Number.isNaN(at)) return `${date}${separator}${time}${fraction}`
      const iso = new Date(at + shiftMs).toISOString()
      return `${iso.slice(0, 10)}${separator}${iso.slice(11, 19)}${fraction}`
    })
    const clock = `${pad(now.getUTCHours())}:${pad(now.getUTCMinutes())}:${pad(now.getUTCSeconds())}`
    const month = MONTHS[now.getUTCMonth()]
    return moved
      .replace(BSD_HEADER, (_, priority = '') => `${priority}${month} ${String(now.getUTCDate()).padStart(2, ' ')} ${clock}`)
      .replace(ACCESS_TIME, `[${pad(now.getUTCDate())}/${month}/${now.getUTCFullYear()}:${clock} +0000]`)
  }
}
