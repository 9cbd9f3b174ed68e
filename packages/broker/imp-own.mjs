import './lib/index.js'
