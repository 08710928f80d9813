// A relying party on oauth4webapi, which leaves every step to its caller and checks each answer as the
// specifications say: discovery, registration if asked for, a sign-in, a token for an API as the API
// checks it (RFC 9068), refresh and revocation.
import * as oauth from 'oauth4webapi'
import { signingKey } from './keys.mjs'
import { run, settings, visit } from './lines.mjs'

const authentication = {
  none: () => oauth.None(),
  client_secret_basic: (client) => oauth.ClientSecretBasic(client.client_secret),
  client_secret_post: (client) => oauth.ClientSecretPost(client.client_secret),
  client_secret_jwt: (client) => oauth.ClientSecretJwt(client.client_secret),
  private_key_jwt: (client, key) => oauth.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
}

async function register(as, signing) {
  if (settings.client.client_id) return settings.client
  const metadata = { ...settings.client }
  if (signing) metadata.jwks = { keys: [signing.jwk] }
  return oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, metadata))
}

// proven does something that takes a DPoP proof, and once more if the provider has given a nonce for it (RFC 9449
// section 8): the library remembers it and leaves the rest to its caller.
async function proven(what) {
  try {
    return await what()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return what()
  }
}

// hear validates the answer to the authorization request, and the ID token in it.
async function hear(as, client, back, nonce, state) {
  if (settings.parameters.response_type === 'code id_token') {
    return oauth.validateCodeIdTokenResponse(as, client, back, nonce, state)
  }
  const answer = back instanceof Request ? new URLSearchParams(await back.text()) : back
  return oauth.validateAuthResponse(as, client, answer, state)
}

run(async () => {
  const issuer = new URL(settings.issuer)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))
  const signing = settings.signing && (await signingKey(settings.signing, settings.kid))
  const client = await register(as, signing)
  const method = client.token_endpoint_auth_method ?? 'client_secret_basic'
  const auth = authentication[method](client, signing)

  const verifier = oauth.generateRandomCodeVerifier()
  const nonce = oauth.generateRandomNonce()
  const state = oauth.generateRandomState()
  const proving = {}
  if (settings.dpop) proving.DPoP = oauth.DPoP(client, await oauth.generateKeyPair(settings.dpop))
  const thumbprint = await proving.DPoP?.calculateThumbprint()
  let parameters = {
    client_id: client.client_id, redirect_uri: settings.redirect, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...settings.parameters,
  }
  if (thumbprint) parameters.dpop_jkt = thumbprint
  if (settings.requestObject) {
    const request = await oauth.issueRequestObject(as, client, parameters, { key: signing.privateKey, kid: signing.kid })
    const { scope, response_type } = parameters // OIDC Core section 6.1 wants these outside as well
    parameters = { client_id: client.client_id, scope, response_type, request }
  }
  const url = new URL(as.authorization_endpoint)
  url.search = new URLSearchParams(parameters)

  const answer = await hear(as, client, await visit(url), nonce, state)
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, settings.redirect, verifier, proving)
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true })
  await oauth.validateApplicationLevelSignature(as, response)
  const claims = oauth.getValidatedIdTokenClaims(tokens)
  const userinfo = await proven(async () => {
    const info = await oauth.userInfoRequest(as, client, tokens.access_token, proving)
    return oauth.processUserInfoResponse(as, client, claims.sub, info)
  })
  const result = { registered: client, claims, userinfo, thumbprint, tokenType: tokens.token_type }

  if (settings.audience) {
    const call = new Request(settings.audience, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    result.accessToken = await oauth.validateJwtAccessToken(as, call, settings.audience)
  }
  let refresh = tokens.refresh_token
  if (refresh) {
    const again = await oauth.refreshTokenGrantRequest(as, client, auth, refresh, proving)
    const next = await oauth.processRefreshTokenResponse(as, client, again)
    result.refreshed = { ...oauth.getValidatedIdTokenClaims(next), rotated: next.refresh_token !== refresh }
    if (method !== 'none') {
      const told = await oauth.introspectionRequest(as, client, auth, next.access_token)
      result.introspected = await oauth.processIntrospectionResponse(as, client, told)
    }
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, next.refresh_token))
    if (method !== 'none') {
      const told = await oauth.introspectionRequest(as, client, auth, next.access_token)
      result.revoked = await oauth.processIntrospectionResponse(as, client, told)
    }
  }
  return result
})
