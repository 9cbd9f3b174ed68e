/** A plain thread that posts what is like a request of the library's. */
import { postsPort } from './any-value.js'

postsPort()
