// Runs the zod schemas that orval made of the contract over the contract's own examples. zod drops the members that it
// does not know and takes the first variant of a union that fits: here nothing may get lost, and nothing may be added.
//
//   node zod.mjs CONTRACT.json ZOD.js
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [contract, schemas] = process.argv.slice(2);
const { paths, components } = JSON.parse(readFileSync(contract, 'utf8'));
const zod = await import(pathToFileURL(schemas));

const resolved = (node) =>
  node?.$ref ? node.$ref.slice('#/'.length).split('/').reduce((at, name) => at[name], { components }) : node;

const examplesOf = (content) => {
  const json = content?.['application/json'];
  if (json === undefined) return [];
  return 'example' in json ? [json.example] : Object.values(json.examples ?? {}).map((e) => resolved(e).value);
};

const problems = [];
const check = (name, value, want = value) => {
  const result = zod[name].safeParse(value);
  try {
    assert.ok(result.success, `refused: ${result.error}`);
    assert.deepEqual(result.data, want);
  } catch (problem) {
    problems.push(`${name}: ${JSON.stringify(value)}: ${problem.message}`);
  }
};

// A customer is closed. This must reach the provider whole, or not at all.
check('updateCustomerBody', { account_status: 'CLOSED' });
check('updateCustomerBody', { email: 'jiko@example.com' });
// An update leaves alone what it does not name.
check('updateSubscriptionBody', { status: 'disabled' });
check('updatePocketBody', { pocket_name: 'P' });

let bodies = 0;
for (const path of Object.values(paths)) {
  for (const operation of Object.values(path)) {
    for (const example of examplesOf(operation.requestBody?.content)) {
      bodies += 1;
      check(`${operation.operationId}Body`, example);
    }
  }
}
assert.ok(bodies > 60, `only ${bodies} examples of requests`);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${bodies} bodies`);
