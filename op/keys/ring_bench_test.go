package keys

import "testing"

var benchClaims = map[string]any{
	"iss": "https://id.example.com", "sub": "WkYZ3vO2mA1m0C1bE0p2oQ", "aud": "https://api.example.com", "client_id": "web", "scope": "openid orders:read",
	"exp": 1770000000, "iat": 1769996400, "jti": "0123456789abcdefghijkl.0123456789abcdef", "auth_time": 1769996000, "acr": "pwd",
}

func BenchmarkSign(b *testing.B) {
	r := newRing(b, newClock(), everyAlg...)
	for _, alg := range everyAlg {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustSign(b, r, alg, TypeAccessToken, benchClaims)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	r := newRing(b, newClock(), everyAlg...)
	for _, alg := range everyAlg {
		token := mustSign(b, r, alg, TypeAccessToken, benchClaims)
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := r.Verify(b.Context(), token, TypeAccessToken); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
