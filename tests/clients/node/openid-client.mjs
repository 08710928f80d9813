// A relying party on openid-client: discovery, registration if asked for, one sign-in in the flow that the
// settings name, and all that can be done with the tokens afterwards.
import * as client from 'openid-client'
import { decryptionKey, signingKey } from './keys.mjs'
import { run, settings, visit } from './lines.mjs'

const authentication = {
  none: () => client.None(),
  client_secret_basic: () => client.ClientSecretBasic(),
  client_secret_post: () => client.ClientSecretPost(),
  client_secret_jwt: () => client.ClientSecretJwt(),
  private_key_jwt: (key) => client.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }),
}

async function configure(signing, decryption) {
  const issuer = new URL(settings.issuer)
  const { client_id, ...metadata } = { ...settings.client }
  const method = metadata.token_endpoint_auth_method ?? 'client_secret_basic'
  if (client_id) return client.discovery(issuer, client_id, metadata, authentication[method](signing))
  const keys = [signing, decryption].filter(Boolean).map((key) => key.jwk)
  if (keys.length > 0) metadata.jwks = { keys }
  return client.dynamicClientRegistration(issuer, metadata, authentication[method](signing))
}

function allow(config, decryption) {
  client.enableNonRepudiationChecks(config)
  if (decryption) {
    client.enableDecryptingResponses(config, undefined, { key: decryption.privateKey, alg: decryption.alg, kid: decryption.kid })
  }
  if (settings.parameters.response_type === 'code id_token') client.useCodeIdTokenResponseType(config)
  if (settings.parameters.response_type === 'id_token') client.useIdTokenResponseType(config)
}

run(async () => {
  const signing = settings.signing && (await signingKey(settings.signing, settings.kid))
  const decryption = settings.encryption && (await decryptionKey(settings.encryption, 'to-us'))
  const config = await configure(signing, decryption)
  allow(config, decryption)

  const registered = config.clientMetadata()
  const verifier = client.randomPKCECodeVerifier()
  const nonce = client.randomNonce()
  const state = client.randomState()
  const implicit = settings.parameters.response_type === 'id_token'
  const proving = {}
  if (settings.dpop) {
    // It sends a request again with the nonce it is given, as RFC 9449 section 8 has it.
    proving.DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(settings.dpop))
  }
  const parameters = { redirect_uri: settings.redirect, state, nonce, ...settings.parameters }
  if (settings.dpop) parameters.dpop_jkt = await proving.DPoP.calculateThumbprint()
  if (!implicit) {
    parameters.code_challenge = await client.calculatePKCECodeChallenge(verifier)
    parameters.code_challenge_method = 'S256'
  }
  const url = settings.requestObject
    ? await client.buildAuthorizationUrlWithJAR(config, parameters, { key: signing.privateKey, kid: signing.kid })
    : client.buildAuthorizationUrl(config, parameters)
  const back = await visit(url)
  const mode = back instanceof Request ? 'form_post' : back.hash ? 'fragment' : 'query'
  if (implicit) {
    return { registered, mode, claims: await client.implicitAuthentication(config, back, nonce, { expectedState: state }) }
  }

  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state }, undefined, proving)
  const claims = tokens.claims()
  const result = { registered, mode, claims, idToken: tokens.id_token, tokenType: tokens.token_type }
  result.thumbprint = parameters.dpop_jkt
  result.userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, proving)
  if (tokens.refresh_token) {
    const next = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, proving)
    result.refreshed = { ...next.claims(), rotated: next.refresh_token !== tokens.refresh_token }
  }
  if (settings.client.token_endpoint_auth_method !== 'none') {
    result.introspected = await client.tokenIntrospection(config, tokens.access_token)
    await client.tokenRevocation(config, tokens.access_token)
    result.revoked = await client.tokenIntrospection(config, tokens.access_token)
  }
  return result
})
