/**
 * A certified OpenID Connect provider on a free port of this machine. It gets people and clients as JSON on its standard
 * input, says its address on a line of its own, and ends with its input.
 */
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const lines = createInterface({ input: process.stdin });
const { people, clients } = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
process.stdin.on("end", () => process.exit(0)).resume();

const names = [...new Set(Object.values(people).flatMap(Object.keys))];
const configuration = {
  clients,
  // Every name is told with `openid` and `profile`, at the address for it and not in the id_token, as by default.
  claims: { openid: ["sub", ...names.filter((name) => name.includes(":"))], profile: names, email: ["email", "email_verified"] },
  findAccount: (_, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
  pkce: { required: () => true },
  cookies: { keys: ["of-a-test"] },
  features: { devInteractions: { enabled: true } },
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const address = `http://localhost:${server.address().port}`;
  server.on("request", new Provider(address, configuration).callback());
  process.stdout.write(`${address}\n`);
});
