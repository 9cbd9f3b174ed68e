throw new TypeError('Not today')
