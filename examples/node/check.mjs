// Checks access tokens, one a line: node check.mjs ISSUER AUDIENCE <tokens
import { createInterface } from 'node:readline';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [issuer, audience] = process.argv.slice(2);
// Fetched when it is needed, kept, and fetched again for a key id that is not in it.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const rules = {
  issuer,
  audience,
  algorithms: ['RS256'], // what the deployment signs with; never what a token says
  typ: 'at+jwt', // an access token, and no other kind
  requiredClaims: ['sub', 'exp', 'nbf'],
};

for await (const token of createInterface({ input: process.stdin })) {
  const checked = await jwtVerify(token, keys, rules).catch((error) => ({ error }));
  console.log(checked.error ? `refused ${checked.error.code}` : `accepted ${checked.payload.sub}`);
}
