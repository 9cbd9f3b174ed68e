/** What the keeper is asked. That its channel ends is the request to stop: this comes even when the asker is killed. */
export type Request = { kind: 'start'; cluster: ClusterOptions } | { kind: 'restart' }

/** One for each request, in their order. */
export type Answer =
  | { kind: 'running'; processId: number; socketDirectory: string | undefined }
  | { kind: 'failed'; message: string }

export interface ClusterOptions {
  /** The folder with the server's `bin`, `lib` and `share`. */
  binaries: string
  port: number
  password: string
  certificate: Certificate | undefined
  settings: Settings
}

/** Both in PEM. */
export interface Certificate {
  cert: string
  key: string
}

/** Names and values of postgresql.conf. */
export type Settings = Record<string, string | number | boolean>
