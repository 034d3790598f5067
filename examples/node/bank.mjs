// A customer's first weeks, told by a program that knows nothing of this module: the documented signature, and fetch.
// Any clock will do, and is moved on by five weeks.
//
//   partner sandbox --clock 2026-01-05T15:00:00Z
//   JIKO_BASE_URL=http://127.0.0.1:8080 JIKO_USERNAME=sandbox JIKO_PASSWORD=sandbox \
//     JIKO_SIGNING_SECRET=sandbox-signing-secret node examples/node/bank.mjs
import { createHmac, randomUUID } from "node:crypto";

const { JIKO_BASE_URL: base, JIKO_USERNAME: username, JIKO_PASSWORD: password, JIKO_SIGNING_SECRET: secret } =
  process.env;
if (!base || !username || !password || !secret) {
  console.error("JIKO_BASE_URL, JIKO_USERNAME, JIKO_PASSWORD and JIKO_SIGNING_SECRET must be set");
  process.exit(2);
}

async function answer(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

let token;
async function logIn() {
  const response = await fetch(`${base}/api/v1/login/`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ username, password }),
  });
  ({ token } = await answer(response));
}

// call signs the key, the path without its query, and the body, as the provider's guide does.
async function call(method, path, value) {
  const body = value === undefined ? "" : JSON.stringify(value);
  const key = randomUUID();
  const url = new URL(path, base);
  const signature = createHmac("sha256", secret).update(key + url.pathname + body).digest("base64");
  const headers = { Authorization: `Bearer ${token}`, "x-jiko-idempotency": key, "x-jiko-signature": signature };
  if (body !== "") headers["Content-Type"] = "application/json";
  return answer(await fetch(url, { method, headers, body: body === "" ? undefined : body }));
}

// later moves the sandbox's clock. Tokens live for an hour of it.
async function later(move) {
  const response = await fetch(`${base}/__sandbox/clock/`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(move),
  });
  const { time } = await answer(response);
  await logIn();
  console.log(`it is ${time}`);
}

await logIn();
const { version } = await call("GET", "/api/v1/agreements/");
const application = await call("POST", "/api/v1/applications/", {
  identification_number: "123456789",
  name: { first_name: "Ada", last_name: "Lovelace" },
  email: "ada@example.com",
  phone_number: "+14155550100",
  date_of_birth: "1990-12-10",
  address: { street_address: "1 Main St", city: "Oakland", postal_code: "94607", state: "CA", country: "US" },
  investment_profile: { employment_status: "RETIRED", income: "BELOW_50K", net_worth: "BELOW_50K" },
  agreement_consent: { version, timestamp: "2026-01-05T15:00:00Z" },
});
await call("POST", `/api/v1/applications/${application.id}/apply/`);
const { customer_id: customer, status } = await call("GET", `/api/v1/applications/${application.id}/`);
console.log(`the application is ${status}`);

const pocket = await call("POST", `/api/v2/customers/${customer}/pockets/`,
  { pocket_name: "Savings", trading_strategy_id: "UST-4W" });
await call("POST", "/api/v1/sandbox/fund/", { account_id: pocket.id, amount_usdc: 1_000_000 });

const transactions = async () => (await call("GET", `/api/v2/pockets/${pocket.id}/transactions/`)).items;
console.log(`the deposit is ${(await transactions())[0].status}`);
await later({ by: "6d" }); // Two business days of the Federal Reserve, whatever day it is.
const deposit = (await transactions())[0];
console.log(`the deposit of ${deposit.amount.formatted} is ${deposit.status}`);

const { portfolio } = await call("GET", `/api/v2/pockets/${pocket.id}/`);
for (const s of portfolio.securities) {
  console.log(`it is in ${s.quantity} T-bills that fall due on ${s.maturity_date}, worth ${s.market_value.formatted}`);
}

await later({ by: "30d" }); // The month is over as well, and its statements are there.
const trades = (await call("GET", `/api/v2/customers/${customer}/trades/`)).items;
console.log(`the trades were ${trades.map((t) => t.activity).reverse().join(", ")}`);
const earnings = await call("GET", `/api/v2/pockets/${pocket.id}/earnings/`);
console.log(`the pocket has earned ${earnings.earnings.formatted}`);

const statements = (await call("GET", `/api/v1/customers/${customer}/statements/`)).items;
const first = statements.at(-1)?.key; // The newest come first.
if (first === undefined) throw new Error("there is no statement");
for (const s of statements.filter((s) => s.key === first)) {
  const response = await fetch(s.pdf_download_url);
  const pdf = Buffer.from(await response.arrayBuffer());
  if (!response.ok || pdf.subarray(0, 5).toString() !== "%PDF-") throw new Error(`${s.pdf_download_url} is no PDF`);
  console.log(`the ${s.type} statement of ${s.key} is a PDF`);
}
