import { onAbort } from '../common/abort-listener.js'
import type { BrokerLink } from '../lease/broker-link.js'
import { mustHaveParent, threadLink } from '../lease/thread-link.js'
import type { WithConnectionOptions } from './client-options.js'
import { type Leased, leaseClient } from './leased.js'
import type { LeasedClient } from './leased-client.js'
import { checkCall } from './option-checks.js'

/**
 * Runs `work` with a leased connection and gives it back when `work` settles, however it settles. The lease is opened
 * by the first query. What `work` has sent and not awaited is answered before this resolves, as `release` says; when
 * `work` throws it is cancelled.
 * @throws ConfigurationError, what `work` throws, the signal's reason once it is aborted, and the lease's error when such an answer is lost.
 */
export async function withConnection<T>(
  work: (client: LeasedClient) => Promise<T> | T,
  options: WithConnectionOptions = {},
): Promise<T> {
  checkCall(work, options)
  mustHaveParent()
  return lease(threadLink(), work, options)
}

/** `withConnection` on a link of the caller's. */
export async function withLease<T>(
  link: BrokerLink,
  work: (client: LeasedClient) => Promise<T> | T,
  options: WithConnectionOptions = {},
): Promise<T> {
  checkCall(work, options)
  return lease(link, work, options)
}

function lease<T>(
  link: BrokerLink,
  work: (client: LeasedClient) => Promise<T> | T,
  { signal, ...options }: WithConnectionOptions,
): Promise<T> {
  signal?.throwIfAborted()
  return withClient(leaseClient(link, options), work, signal)
}

/** Runs `work` with the client, which is given back when `work` settles or the signal is aborted. */
export async function withClient<T>(
  client: LeasedClient & Leased,
  work: (client: LeasedClient) => Promise<T> | T,
  signal: AbortSignal | undefined,
): Promise<T> {
  const stopListening = signal && onAbort(signal, () => client.settle(signal.reason))
  try {
    const result = await work(client)
    const finishing = client.finish()
    if (finishing !== undefined) await finishing
    // It has cancelled what was not answered.
    signal?.throwIfAborted()
    return result
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  } finally {
    stopListening?.()
    client.settle()
  }
}

/**
 * Wraps a function of an attached thread so that each call has a leased connection as its first argument, given back
 * when the call settles.
 * @throws ConfigurationError at once.
 */
export function leased<A extends unknown[], R>(
  work: (client: LeasedClient, ...values: A) => Promise<R> | R,
  options: WithConnectionOptions = {},
): (...values: A) => Promise<R> {
  checkCall(work, options)
  return (...values) => withConnection((client) => work(client, ...values), options)
}
