import { once } from '../common/once.js'
import { hasHeapRoom } from './heap-room.js'
import { processLibrary } from './process-library.js'
import type { Standstill } from './standstill.js'

/** Of something of OpenSSL's, the same in all threads of the process. */
export type Address = bigint

/** What is used of OpenSSL, by its own names: see its manual. The results are OpenSSL's, but for `null` as an address. */
export interface OpenSsl {
  SSL_new(context: Address): Address | null
  SSL_free(session: Address): void
  SSL_set_bio(session: Address, incoming: Address, outgoing: Address): void
  SSL_get_rbio(session: Address): Address
  SSL_get_wbio(session: Address): Address
  SSL_set_connect_state(session: Address): void
  SSL_set_verify(session: Address, mode: number, callback: null): void
  SSL_set_alpn_protos(session: Address, protocols: Uint8Array, length: number): number
  SSL_ctrl(session: Address, command: number, value: number, text: string): number
  SSL_do_handshake(session: Address): number
  SSL_get1_peer_certificate(session: Address): Address | null
  SSL_get0_verified_chain(session: Address): Address | null
  OPENSSL_sk_num(stack: Address): number
  OPENSSL_sk_value(stack: Address, at: number): Address
  SSL_read(session: Address, into: Uint8Array, length: number): number
  SSL_write(session: Address, bytes: Uint8Array, length: number): number
  SSL_get_error(session: Address, result: number): number
  BIO_new(method: Address): Address | null
  BIO_s_mem(): Address
  BIO_free(bio: Address): number
  BIO_ctrl_pending(bio: Address): number
  BIO_read(bio: Address, into: Uint8Array, length: number): number
  BIO_write(bio: Address, bytes: Uint8Array, length: number): number
  i2d_X509_bio(bio: Address, certificate: Address): number
  X509_free(certificate: Address): void
  ERR_clear_error(): void
  ERR_get_error(): number
  ERR_reason_error_string(code: number): string | null
}

const PROTOTYPES: Record<keyof OpenSsl, string> = {
  SSL_new: 'void *SSL_new(void *context)',
  SSL_free: 'void SSL_free(void *session)',
  SSL_set_bio: 'void SSL_set_bio(void *session, void *incoming, void *outgoing)',
  SSL_get_rbio: 'void *SSL_get_rbio(void *session)',
  SSL_get_wbio: 'void *SSL_get_wbio(void *session)',
  SSL_set_connect_state: 'void SSL_set_connect_state(void *session)',
  SSL_set_verify: 'void SSL_set_verify(void *session, int mode, void *callback)',
  SSL_set_alpn_protos: 'int SSL_set_alpn_protos(void *session, const void *protocols, unsigned int length)',
  SSL_ctrl: 'long SSL_ctrl(void *session, int command, long value, const char *text)',
  SSL_do_handshake: 'int SSL_do_handshake(void *session)',
  SSL_get1_peer_certificate: 'void *SSL_get1_peer_certificate(void *session)',
  SSL_get0_verified_chain: 'void *SSL_get0_verified_chain(void *session)',
  OPENSSL_sk_num: 'int OPENSSL_sk_num(void *stack)',
  OPENSSL_sk_value: 'void *OPENSSL_sk_value(void *stack, int at)',
  SSL_read: 'int SSL_read(void *session, void *into, int length)',
  SSL_write: 'int SSL_write(void *session, const void *bytes, int length)',
  SSL_get_error: 'int SSL_get_error(void *session, int result)',
  BIO_new: 'void *BIO_new(void *method)',
  BIO_s_mem: 'void *BIO_s_mem()',
  BIO_free: 'int BIO_free(void *bio)',
  BIO_ctrl_pending: 'size_t BIO_ctrl_pending(void *bio)',
  BIO_read: 'int BIO_read(void *bio, void *into, int length)',
  BIO_write: 'int BIO_write(void *bio, const void *bytes, int length)',
  i2d_X509_bio: 'int i2d_X509_bio(void *bio, void *certificate)',
  X509_free: 'void X509_free(void *certificate)',
  ERR_clear_error: 'void ERR_clear_error()',
  ERR_get_error: 'unsigned long ERR_get_error()',
  ERR_reason_error_string: 'const char *ERR_reason_error_string(unsigned long code)',
}

/**
 * OpenSSL as Node brings it, version 3 or later. Undefined where its functions cannot be called.
 * @param standstill for the first call in a thread that another may end. While koffi is loaded and told of functions, that
 *   would be the end of the process: the exception that tells koffi of it cannot be thrown, and node-addon-api aborts.
 */
export const openSsl = once((standstill?: Standstill): OpenSsl | undefined => {
  if (standstill !== undefined && !hasHeapRoom()) return undefined
  try {
    const library = processLibrary(() => standstill?.begin())
    if (library === undefined) return undefined
    const found = Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)])
    return Object.fromEntries(found)
  } catch {
    // Another TLS library, or an older OpenSSL.
    return undefined
  } finally {
    standstill?.end()
  }
})

/** @throws Error where `openSsl` returns undefined. */
export function mustHaveOpenSsl(): OpenSsl {
  const found = openSsl()
  if (found === undefined) throw new Error('OpenSSL cannot be called here')
  return found
}
