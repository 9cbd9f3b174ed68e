import { commonBuffer, PlainSocket } from './plain-socket.js'
import type { WriteCallback } from './socket-shape.js'
import type { TlsSession } from './tls-session.js'

interface Write {
  chunk: Buffer | string
  encoding: BufferEncoding
}

/** A socket whose bytes pass a TLS session. It neither makes the session nor frees it. */
export class SecureSocket extends PlainSocket {
  readonly session: TlsSession

  /** @param fd as of a `PlainSocket`; the session has been made over it. */
  constructor(session: TlsSession, fd?: number) {
    super(fd, () => commonBuffer)
    this.session = session
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: WriteCallback): void {
    let sealed: Buffer
    try {
      sealed = this.session.seal(toBuffer({ chunk, encoding }))
    } catch (error) {
      return callback(error as Error)
    }
    this.writeSealed(sealed, callback)
  }

  override _writev(writes: Write[], callback: WriteCallback): void {
    this._write(Buffer.concat(writes.map(toBuffer)), 'utf8', callback)
  }

  protected writeSealed(sealed: Buffer, callback: WriteCallback): void {
    super._write(sealed, 'buffer' as BufferEncoding, callback)
  }

  protected override received(sealed: Buffer): void {
    let opened: { bytes: Buffer; isOwn: boolean }
    try {
      opened = this.session.open(sealed)
    } catch (error) {
      this.destroy(error as Error)
      return
    }
    if (opened.bytes.byteLength > 0) this.onBytes(opened.bytes, opened.isOwn)
  }
}

/** `net.Socket` takes strings as they are. */
function toBuffer({ chunk, encoding }: Write): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
}
