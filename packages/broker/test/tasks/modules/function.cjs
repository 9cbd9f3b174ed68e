/** As Piscina's own examples have it. */
module.exports = ({ a, b }) => a + b
