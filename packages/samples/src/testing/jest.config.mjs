// #region config
// jest.config.mjs
export default {
  testMatch: ['**/*.test.mjs'], // Jest's own pattern knows no .mjs
  transform: {}, // no Babel: ES modules stay what they are
  testEnvironment: 'node',
}
// #endregion config
