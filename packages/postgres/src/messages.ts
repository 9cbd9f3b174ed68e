/** What the keeper is asked. That its channel ends is the request to stop: this comes even when the asker is killed. */
export type Request =
  | { kind: 'start'; cluster: ClusterOptions }
  | { kind: 'shutDown'; mode: ShutDownMode }
  | { kind: 'launch' }

/** One for each request, in their order. */
export type Answer =
  | { kind: 'running'; processId: number; socketDirectory: string | undefined; dataDirectory: string }
  | { kind: 'down' }
  | { kind: 'failed'; message: string }

/**
 * How a server ends its sessions: `fast` as an administrator would, who lets it tell them and write everything down;
 * `immediate` at once, so that it has to recover when it starts again.
 */
export type ShutDownMode = 'fast' | 'immediate'

export interface ClusterOptions {
  /** The folder with the server's `bin`, `lib` and `share`. */
  binaries: string
  port: number
  password: string
  certificate: Certificate | undefined
  settings: Settings
  /** The folder of data to copy, of a server that is down meanwhile and has the same password. Undefined: begins with none. */
  data: string | undefined
  /** The server is a standby of this one, as of `primary_conninfo`. Undefined: it is one of its own. */
  primary: string | undefined
}

/** Both in PEM. */
export interface Certificate {
  cert: string
  key: string
}

/** Names and values of postgresql.conf. */
export type Settings = Record<string, string | number | boolean>
