/** Appended to a record that was longer than its limit, so that whoever reads it knows that it goes on. */
export const cutMarker = (limitBytes: number): string => ` [cut at ${limitBytes} bytes]`
