import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { ConnectionOptions, DetailedPeerCertificate, SecureContext } from 'node:tls'
import { inspect } from 'node:util'
import { type Address, mustHaveOpenSsl, openSsl, TlsSession } from '@pglease/client/internal'
import type { TlsOptions } from './tls-options.js'

/** What of `tls.connect`'s options is followed here: most of it by Node, which makes OpenSSL's context of them. */
const FOLLOWED: ReadonlySet<string> = new Set([
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'crl',
  'ecdhCurve',
  'key',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'rejectUnauthorized',
  'secureOptions',
  'servername',
  'sigalgs',
] satisfies (keyof ConnectionOptions)[])

/** Loaded by the first connection that needs it. */
const nodeTls = () => process.getBuiltinModule('node:tls')

const SSL_VERIFY_PEER = 1
const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55
/** "Direct SSL", chapter 54.2.10 of the PostgreSQL documentation: each name behind its length. */
const PROTOCOLS = Buffer.from('\x0apostgresql')

/**
 * The client's end of a session that any thread of this process can use. Undefined where Node's own TLS must do: where
 * OpenSSL cannot be called, and for options that only Node follows.
 * @throws Error of Node for options that are wrong.
 */
export function startTls(options: TlsOptions, isDirect: boolean): TlsSession | undefined {
  const ssl = openSsl()
  const settings = options === true ? {} : options
  if (ssl === undefined || !Object.keys(settings).every((name) => FOLLOWED.has(name))) return undefined
  const context = nodeTls().createSecureContext(settings)
  const address = addressOf(context)
  const session = address && ssl.SSL_new(address)
  if (!session) return undefined
  const memory = ssl.BIO_s_mem()
  ssl.SSL_set_bio(session, ssl.BIO_new(memory)!, ssl.BIO_new(memory)!)
  ssl.SSL_set_connect_state(session)
  if (isVerified(options)) ssl.SSL_set_verify(session, SSL_VERIFY_PEER, null)
  if (isDirect) ssl.SSL_set_alpn_protos(session, PROTOCOLS, PROTOCOLS.byteLength)
  const made = new TlsSession(session)
  contexts.set(made, context)
  return made
}

/** Of each session. Collected before OpenSSL has made the session, it would take OpenSSL's context along. */
const contexts = new WeakMap<TlsSession, SecureContext>()

/** Before the handshake: tells the server which of its names is meant. No address may be sent (RFC 6066, section 3). */
export function nameServer({ address }: TlsSession, options: TlsOptions, host: string): void {
  const name = serverName(options, host)
  if (name !== undefined) mustHaveOpenSsl().SSL_ctrl(address, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, name)
}

/** After the handshake, in which OpenSSL has verified the certificate: it must be the server's. @throws Error of the check. */
export function checkServer({ address }: TlsSession, options: TlsOptions, host: string): void {
  if (!isVerified(options)) return
  const check = (options === true ? undefined : options.checkServerIdentity) ?? nodeTls().checkServerIdentity
  const error = check(serverName(options, host) ?? host, verifiedChain(address))
  if (error !== undefined) throw error
}

/** The server's certificate as of `tls.TLSSocket.getPeerCertificate(true)`: each with the one that vouches for it. */
function verifiedChain(session: Address): DetailedPeerCertificate {
  const ssl = mustHaveOpenSsl()
  const stack = ssl.SSL_get0_verified_chain(session)
  if (stack === null) throw new Error('No certificate was verified')
  const chain = Array.from(
    { length: ssl.OPENSSL_sk_num(stack) },
    (_, at) => new X509Certificate(inDer(ssl.OPENSSL_sk_value(stack, at))),
  )
  const plain = chain.map((certificate) => certificate.toLegacyObject() as DetailedPeerCertificate)
  for (const [at, certificate] of chain.entries()) {
    const issuer = plain[at + 1] ?? (certificate.checkIssued(certificate) ? plain[at] : undefined)
    if (issuer !== undefined) plain[at]!.issuerCertificate = issuer
  }
  return plain[0]!
}

/** The server's certificate. @throws Error when it has sent none. */
export function certificateOf({ address }: TlsSession): Buffer {
  const ssl = mustHaveOpenSsl()
  const certificate = ssl.SSL_get1_peer_certificate(address)
  if (certificate === null) throw new Error('The server has no certificate')
  const der = inDer(certificate)
  ssl.X509_free(certificate)
  return der
}

function inDer(certificate: Address): Buffer {
  const ssl = mustHaveOpenSsl()
  const bio = ssl.BIO_new(ssl.BIO_s_mem())!
  ssl.i2d_X509_bio(bio, certificate)
  const der = Buffer.alloc(ssl.BIO_ctrl_pending(bio))
  ssl.BIO_read(bio, der, der.byteLength)
  ssl.BIO_free(bio)
  return der
}

function isVerified(options: TlsOptions): boolean {
  return options === true || options.rejectUnauthorized !== false
}

/** As `pg` has it: the host, or for an address what the options say. */
function serverName(options: TlsOptions, host: string): string | undefined {
  if (isIP(host) === 0) return host
  return options === true ? undefined : options.servername
}

/**
 * Of OpenSSL's context. Node makes it, so that its options mean here what they mean elsewhere, and gives native code the address
 * as a value that JavaScript can only look at.
 */
function addressOf({ context }: SecureContext): Address | undefined {
  const { _external } = context as { _external?: unknown }
  const address = /^\[External: ([0-9a-f]+)\]$/.exec(inspect(_external, { colors: false }))?.[1]
  return address === undefined ? undefined : BigInt(`0x${address}`)
}
