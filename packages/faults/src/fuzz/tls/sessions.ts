import fc from 'fast-check'
import { cut, cuts } from '../framing/bytes.js'
import { mustBeSame, propertyTarget } from '../property-target.js'
import type { Target } from '../target.js'
import { type Certificate, TlsPeer } from './peer.js'
import { change, changed } from './records.js'

const BATCH = 40

const version = fc.constantFrom('TLSv1.3' as const, 'TLSv1.2' as const)
const text = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 70_000 }).map((length) => new Uint8Array(length).fill(120)),
  },
)
const texts = fc.array(text, { minLength: 1, maxLength: 6 })

/** What was sealed is opened, both ways, however it is cut and merged. */
const whole = (certificate: Certificate) =>
  propertyTarget(
    'tls-cuts',
    fc.record({ version, texts, cuts }),
    async ({ version: maxVersion, texts: all, cuts: at }) => {
      await withPeer(certificate, maxVersion, async (peer) => {
        if (!(await peer.shakeHands())) throw new Error('The handshake did not end')
        const expected = Buffer.concat(all).toString('hex')
        const sealed: Buffer[] = []
        for (const each of all) sealed.push(await peer.seal(Buffer.from(each)))
        const opened = cut(Buffer.concat(sealed), at).map((each) =>
          Buffer.from(peer.session.open(each).bytes),
        )
        mustBeSame(Buffer.concat(opened).toString('hex'), expected, 'what was opened')
        const own = Buffer.concat(all.map((each) => peer.session.seal(Buffer.from(each))))
        for (const each of cut(own, at)) await peer.give(each)
        mustBeSame(Buffer.concat(peer.received).toString('hex'), expected, 'what the peer opened')
      })
    },
    { batch: BATCH },
  )

/** Nothing is opened that was not sealed, and what is wrong is an error that can be caught. */
const broken = (certificate: Certificate) =>
  propertyTarget(
    'tls-changes',
    fc.record({ version, texts, cuts, changes: fc.array(change, { minLength: 1, maxLength: 3 }) }),
    async ({ version: maxVersion, texts: all, cuts: at, changes }) => {
      await withPeer(certificate, maxVersion, async (peer) => {
        await peer.shakeHands()
        const expected = Buffer.concat(all)
        const sealed: Buffer[] = []
        for (const each of all) sealed.push(await peer.seal(Buffer.from(each)))
        const opened: Buffer[] = []
        try {
          for (const each of cut(changes.reduce(changed, Buffer.concat(sealed)), at))
            opened.push(Buffer.from(peer.session.open(each).bytes))
          peer.session.seal(Buffer.from('behind'))
        } catch (error) {
          mustBeOpenSsls(error)
        }
        const found = Buffer.concat(opened)
        mustBeSame(
          found.toString('hex'),
          expected.subarray(0, found.length).toString('hex'),
          'what was opened',
        )
      })
    },
    { batch: BATCH },
  )

/** The handshake itself, with a peer whose records are changed on their way. */
const handshakes = (certificate: Certificate) =>
  propertyTarget(
    'tls-handshakes',
    fc.record({ version, changes: fc.array(change, { minLength: 1, maxLength: 3 }), from: fc.nat(3) }),
    async ({ version: maxVersion, changes, from }) => {
      await withPeer(certificate, maxVersion, async (peer) => {
        let round = 0
        try {
          await peer.shakeHands((records) => (round++ < from ? records : changes.reduce(changed, records)))
          peer.session.open(Buffer.from('no record'))
        } catch (error) {
          mustBeOpenSsls(error)
        }
      })
    },
    { batch: BATCH },
  )

/** @throws what is no error of a broken session. */
function mustBeOpenSsls(error: unknown): void {
  const { code } = Object(error) as { code?: unknown }
  if (typeof code !== 'string' || !code.startsWith('ERR_SSL_')) throw error
}

async function withPeer(
  certificate: Certificate,
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
  work: (peer: TlsPeer) => Promise<void>,
): Promise<void> {
  const peer = new TlsPeer(certificate, maxVersion)
  try {
    await work(peer)
  } finally {
    peer.close()
  }
}

export function tlsTargets(certificate: Certificate): Target[] {
  return [whole, broken, handshakes].map((target) => target(certificate))
}
