const WRITE_CHARS = 65_536

/** Gathers small writes into large ones, and waits for a reader that is slower. Whoever writes flushes at the end. */
export function createWriter(stream: NodeJS.WriteStream) {
  let pending = ''
  const flush = async () => {
    const text = pending
    pending = ''
    if (text !== '' && !stream.write(text)) await new Promise<void>((resolve) => stream.once('drain', resolve))
  }
  return {
    flush,
    async write(text: string) {
      pending += text
      if (pending.length >= WRITE_CHARS) await flush()
    },
  }
}
