/* A provider of identities for the tests, with claims as ProConnect has them: it believes whoever the test says.
   SUB and ACR of the next sign-in are read from the file that WHO names. */
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const { PORT, CLIENT_SECRET, BACK, WHO } = process.env;
const who = () => JSON.parse(readFileSync(WHO, "utf8"));

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [{ client_id: "recoupe", client_secret: CLIENT_SECRET, redirect_uris: [BACK], response_types: ["code"],
    grant_types: ["authorization_code"], token_endpoint_auth_method: "client_secret_basic" }],
  acrValues: ["eidas1", "eidas2", "eidas3"],
  cookies: { keys: ["fictive"] },
  features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, email: "agent@exemple.invalid" }) }),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
    grant.addOIDCScope("openid");
    grant.addOIDCClaims(["acr"]);
    await grant.save();
    return grant;
  },
});
provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  await provider.interactionDetails(context.req, context.res);
  const { sub, acr } = who();
  const result = { login: { accountId: sub, acr, amr: ["mfa"], ts: Math.floor(Date.now() / 1000) } };
  await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
  context.respond = false;
});
provider.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
