exports.add = ({ a, b }) => a + b
exports.subtract = async ({ a, b }) => a - b
