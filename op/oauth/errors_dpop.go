package oauth

import "net/http"

// The errors of RFC 9449 section 12.2.
const (
	CodeInvalidDPoPProof = "invalid_dpop_proof"
	CodeUseDPoPNonce     = "use_dpop_nonce"
)

// InvalidDPoPProof is a DPoP proof that is missing or does not hold (RFC 9449 sections 5 and 7.1). Its status is
// that of a token request.
func InvalidDPoPProof(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, CodeInvalidDPoPProof, description, cause)
}

// UseDPoPNonce is a DPoP proof without a nonce of ours that is fresh enough (RFC 9449 section 8). Its status is that
// of a token request. The answer has one in the header DPoP-Nonce.
func UseDPoPNonce(description string, cause error) *Error {
	return refuse(http.StatusBadRequest, CodeUseDPoPNonce, description, cause)
}
