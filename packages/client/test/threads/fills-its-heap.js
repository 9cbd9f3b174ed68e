/** Fills its heap until there is no room to load native code, and posts whether OpenSSL is called then. */
import { parentPort } from 'node:worker_threads'
import { hasHeapRoom } from '../../dist/socket/heap-room.js'
import { openSsl } from '../../dist/socket/openssl.js'
import { Standstill } from '../../dist/socket/standstill.js'

const before = hasHeapRoom()
// All of it is kept, so that no collection makes room again.
const kept = new Array(100_000)
let count = 0
const fill = () => {
  kept[count++] = new Array(1000).fill(count)
}
while (hasHeapRoom()) fill()
for (let more = 0; more < 300; more++) fill()
let asked = 0
const found = openSsl(
  new Standstill(() => {
    asked++
  }),
)
parentPort.postMessage({ before, isCalled: found !== undefined, asked, kept: count > 0 })
