// The keys of a client: one to sign assertions and request objects, one to decrypt what it is sent.
import { exportJWK, generateKeyPair } from 'jose'

// signingKey makes a key pair for alg; a key without kid is told apart by its alg alone.
export async function signingKey(alg, kid) {
  return make(alg, kid, 'sig')
}

// decryptionKey makes a key pair that content keys are encrypted for.
export async function decryptionKey(alg, kid) {
  return make(alg, kid, 'enc')
}

async function make(alg, kid, use) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, use }
  if (kid) jwk.kid = kid
  return { alg, kid, jwk, privateKey }
}
