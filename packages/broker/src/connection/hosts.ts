import { ConfigurationError } from '@pglease/client'
import { nameOf } from '@pglease/client/internal'
import { isSessionAttributes, SESSION_ATTRIBUTES, type SessionAttributes } from './session-attributes.js'

/**
 * Where the servers are. They are tried in this order for each new connection, until one can be reached and is what
 * `targetSessionAttributes` asks for; a server that refuses the user or the database ends the attempt. Each gets an equal part of
 * what is left of `connectionTimeoutMillis`. So libpq has it, but for that limit: "Specifying Multiple Hosts" in its chapter of the
 * PostgreSQL documentation. A connection string may have several as well: `postgres://user@a:5432,b:5433/db`.
 */
export interface HostOptions {
  /** A host, the folder of a Unix socket, or several; in one string they are divided by commas. */
  host?: string | readonly string[]
  /** Of all hosts, or one for each. */
  port?: number | readonly number[]
  /**
   * Which of them will do, as libpq has it (`target_session_attrs` in "Parameter Key Words"): `any`; `read-write`, whose sessions accept
   * transactions that write; `read-only`, whose sessions do not by default; `primary`, not in hot standby; `standby`, in hot
   * standby; `prefer-standby`, a standby where there is one, else any. Default: that of the connection string, else of
   * PGTARGETSESSIONATTRS, else `any`.
   *
   * Where it is not `any`, or there are several hosts, connections are asked again whether they still are what is wanted: whenever
   * one was idle for long, or all of them when one was lost, did not answer, or refused to write.
   */
  targetSessionAttributes?: SessionAttributes
}

/** One server of a database: what it is called, and the options of pg that lead to it, in place of the database's. */
export interface Host {
  /** For people; undefined where pg alone knows, because there is only one. */
  readonly label: string | undefined
  readonly options: { connectionString?: string; host?: string; port?: number }
}

/** What the options say of the servers. */
export interface Hosts {
  /** At least one. */
  readonly hosts: readonly Host[]
  readonly targetSessionAttributes: SessionAttributes
}

/** Of pg, as of libpq. */
const DEFAULT_PORT = '5432'

/** What a connection URI consists of; libpq takes several hosts where a URL has one. */
const URI = /^(postgres(?:ql)?:\/\/)((?:[^/?#]*@)?)([^/?#]*)([^?#]*)(?:\?([^#]*))?/i

/**
 * Which servers the options lead to, in the order in which they are tried, as libpq reads them: lists of `host` and `port`, in the
 * options, the connection string or the environment, and `target_session_attrs` ("Specifying Multiple Hosts" and "Parameter Key
 * Words", in the chapter of libpq of the PostgreSQL documentation). As with pg, the connection string comes first, then the
 * options, then the environment.
 * @param path of the options, for errors
 * @throws ConfigurationError
 */
export function readHosts(
  path: string,
  options: HostOptions & { connectionString?: string | undefined },
  database: string,
  environment: NodeJS.ProcessEnv = process.env,
): Hosts {
  const wrong: Complain = (option, message) => {
    throw new ConfigurationError(`${path}.${option} ${message}`, { option: `${path}.${option}`, database })
  }
  const { connectionString, targetSessionAttributes } = options
  const uri = connectionString === undefined ? undefined : readUri(connectionString)
  const wanted = uri?.attributes ?? targetSessionAttributes ?? environment.PGTARGETSESSIONATTRS ?? 'any'
  if (!isSessionAttributes(wanted)) {
    const option = uri?.attributes === undefined ? 'targetSessionAttributes' : 'connectionString'
    const mustBe = `must be one of ${SESSION_ATTRIBUTES.join(', ')}.`
    return wrong(option, `(target_session_attrs, or PGTARGETSESSIONATTRS) ${mustBe}`)
  }
  // What else it may be, as the path of a Unix socket, has one host.
  const isOpaque = connectionString !== undefined && uri === undefined
  return {
    hosts: isOpaque ? [{ label: undefined, options: {} }] : hostsOf(options, uri, environment, wrong),
    targetSessionAttributes: wanted,
  }
}

/** @throws ConfigurationError */
type Complain = (option: string, message: string) => never

function hostsOf(
  { host, port }: HostOptions,
  uri: Uri | undefined,
  environment: NodeJS.ProcessEnv,
  wrong: Complain,
): readonly Host[] {
  const names = given(uri ? uri.hosts : list(host ?? ''), environment.PGHOST)
  const ports = given(uri ? uri.ports : list(port ?? ''), environment.PGPORT)
  if (names.length === 1 && ports.length === 1) return [{ label: undefined, options: only(host, port) }]
  const option = uri ? 'connectionString' : 'port'
  if (ports.length !== 1 && ports.length !== names.length) {
    const count = `${ports.length} ports for ${names.length} ${names.length === 1 ? 'host' : 'hosts'}`
    return wrong(option, `has ${count}; it must have one, or one for each.`)
  }
  if (!ports.every((each) => each === '' || isPort(each)))
    return wrong(option, 'has a port that is no whole number from 1 to 65535.')
  return names.map((name, at) => {
    const [to, number] = [name || 'localhost', ports[ports.length === 1 ? 0 : at] || DEFAULT_PORT]
    const own = uri ? { connectionString: uri.withHost(to, number) } : { host: to, port: Number(number) }
    return { label: `${nameOf(to)}:${number}`, options: own }
  })
}

/** In the form that pg takes, where there is one of each at the most. */
function only(host: HostOptions['host'], port: HostOptions['port']): Host['options'] {
  const [name, number] = [[host].flat()[0], [port].flat()[0]]
  return { ...(Array.isArray(host) && { host: name! }), ...(Array.isArray(port) && { port: number! }) }
}

interface Uri {
  readonly hosts: readonly string[]
  readonly ports: readonly string[]
  readonly attributes: string | undefined
  /** The same with this host alone. */
  withHost(host: string, port: string): string
}

/** Undefined for what is no URI. */
function readUri(text: string): Uri | undefined {
  const [, scheme, user, authority, path, query = ''] = URI.exec(text) ?? []
  if (scheme === undefined) return undefined
  const parameters = new URLSearchParams(query)
  const pairs = authority!.split(',').map(splitHost)
  const [host, port] = [parameters.get('host'), parameters.get('port')]
  const attributes = parameters.get('target_session_attrs') ?? undefined
  for (const name of ['host', 'port', 'target_session_attrs']) parameters.delete(name)
  return {
    hosts: host ? list(host) : pairs.map(([each]) => each),
    ports: port ? list(port) : pairs.map(([, each]) => each),
    attributes,
    withHost(host, port) {
      const own = new URLSearchParams([['host', host], ['port', port], ...parameters])
      // The host in front of the path is not looked at then, but has to be there.
      return `${scheme}${user}localhost${path}?${own}`
    },
  }
}

/** Of a URI: an address of IPv6 is in brackets, and the folder of a Unix socket is percent-encoded. */
function splitHost(text: string): [host: string, port: string] {
  const [, address, name = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? []
  return [decoded(address ?? name), port]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** As libpq has lists: between commas. */
function list(value: string | number | readonly (string | number)[]): string[] {
  return Array.isArray(value) ? value.map(String) : String(value).split(',')
}

/** What is not given is the environment's to say. */
function given(names: readonly string[], environment = ''): readonly string[] {
  return names.length === 1 && names[0] === '' ? list(environment) : names
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
