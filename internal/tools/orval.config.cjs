// What orval makes of the contract: a client over fetch with its models, and zod schemas. scripts/check-contract.sh
// sets CONTRACT and OUTPUT.
const { CONTRACT, OUTPUT } = process.env;
const path = require('node:path');

module.exports = {
  client: {
    input: { target: CONTRACT },
    output: {
      client: 'fetch',
      mode: 'split',
      target: path.join(OUTPUT, 'orval', 'client.ts'),
      schemas: path.join(OUTPUT, 'orval', 'model'),
    },
  },
  zod: {
    input: { target: CONTRACT },
    output: {
      client: 'zod',
      mode: 'single',
      target: path.join(OUTPUT, 'zod', 'zod.ts'),
      // The provider's times have an offset.
      override: { zod: { dateTimeOptions: { offset: true } } },
    },
  },
};
