// Starts a server, tells its parent about it, and then does what its argument says.
import { startPostgres } from '@pglease/postgres'

const server = await startPostgres()
process.send?.({ processId: server.processId })

switch (process.argv[2]) {
  case 'exit':
    process.exit(3)
    break
  case 'throw':
    throw new Error('What a crash looks like')
  case 'finish':
    // Nothing but the server is left, which does not keep a process alive.
    process.disconnect()
    break
  default:
    setInterval(() => {}, 1000)
}
