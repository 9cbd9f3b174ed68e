interface Login {
  user: string
  password: string
  port: number
  database: string
}

export function tcpConnectionString({ user, password, port, database }: Login): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/** In the form that both `pg` and libpq understand, with the socket's folder as a parameter. */
export function socketConnectionString({ user, password, port, database }: Login, directory: string): string {
  const socket = new URLSearchParams({ host: directory, port: String(port) })
  return `postgres://${user}:${password}@/${encodeURIComponent(database)}?${socket}`
}
