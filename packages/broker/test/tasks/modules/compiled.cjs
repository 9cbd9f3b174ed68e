/** As a compiler writes a module with a default export. */
Object.defineProperty(exports, '__esModule', { value: true })
exports.default = ({ a, b }) => a + b
