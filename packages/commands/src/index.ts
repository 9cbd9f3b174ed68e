export { exitCodeOf, Interrupted, messageOf, UsageError } from './exit-codes.js'
export { parseFlags, readWhole } from './flags.js'
export { escapeHtml, htmlPage } from './html.js'
export { abortOnSignals } from './signals.js'
