package user

// claimWords say in plain words, for the consent page, what the claims of OIDC Core section 5.1 give away.
var claimWords = map[string]string{
	"name":                  "See your full name",
	"given_name":            "See your given name",
	"family_name":           "See your family name",
	"middle_name":           "See your middle name",
	"nickname":              "See your nickname",
	"preferred_username":    "See the username you prefer",
	"profile":               "See the address of your profile page",
	"picture":               "See your picture",
	"website":               "See the address of your website",
	"gender":                "See your gender",
	"birthdate":             "See your date of birth",
	"zoneinfo":              "See your time zone",
	"locale":                "See which language you prefer",
	"updated_at":            "See when your profile was last changed",
	"email":                 "See your e-mail address",
	"email_verified":        "See whether your e-mail address was verified",
	"phone_number":          "See your phone number",
	"phone_number_verified": "See whether your phone number was verified",
	"address":               "See your postal address",
}

// DescribeClaim is what the consent page says about a claim that is asked for by its name; "" for one that only
// the operator knows what it means.
func DescribeClaim(name string) string { return claimWords[name] }
