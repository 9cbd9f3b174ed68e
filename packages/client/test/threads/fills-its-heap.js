/** Fills its heap until there is no room to load native code, and posts whether OpenSSL is called then. */
import { parentPort } from 'node:worker_threads'
import { hasHeapRoom } from '../../dist/socket/heap-room.js'
import { openSsl } from '../../dist/socket/openssl.js'
import { Standstill } from '../../dist/socket/standstill.js'

const before = hasHeapRoom()
const kept = []
while (hasHeapRoom()) kept.push(new Array(1000).fill(kept.length))
let asked = 0
const found = openSsl(
  new Standstill(() => {
    asked++
  }),
)
parentPort.postMessage({ before, isCalled: found !== undefined, asked, kept: kept.length > 0 })
