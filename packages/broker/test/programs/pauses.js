/** Pauses a pool of one idle connection: nothing else keeps the process. It ends with 3 when that is done. */
import { ConnectionBroker } from '@pglease/broker'

const broker = new ConnectionBroker({ databases: { default: JSON.parse(process.argv[2]) } })
await broker.withConnection((client) => client.query('SELECT 1'))
process.exitCode = (await broker.pause()) ? 3 : 4
