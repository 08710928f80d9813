package web

var sampleMoment = map[string]any{"Ago": "3 days ago", "Exact": "2 January 2026, 15:04 UTC", "Machine": "2026-01-02T15:04:00Z"}

// samples are one view a page, with every member that a template may use: what the rooms above pass
// has these members too. NewPages tries each template on its sample.
var samples = map[string]any{
	"login": map[string]any{
		"Action": "login", "Interaction": "sealed", "Username": "diana",
		"Problem": "wrong", "Minutes": 1,
		"ClientName": "Web shop", "RedirectHost": "shop.example.com", "Unchecked": true, "ClientHost": "client.example.com",
		"LogoURI": "https://shop.example.com/logo.png", "PolicyURI": "https://shop.example.com/privacy", "TOSURI": "https://shop.example.com/terms",
	},
	"select": map[string]any{
		"Action": "login", "Interaction": "sealed",
		"Account": "diana", "DisplayName": "Diana Krall",
		"ClientName": "Web shop", "RedirectHost": "shop.example.com", "Unchecked": true, "ClientHost": "client.example.com",
		"LogoURI": "https://shop.example.com/logo.png", "PolicyURI": "https://shop.example.com/privacy", "TOSURI": "https://shop.example.com/terms",
	},
	"consent": map[string]any{
		"Action": "consent", "Interaction": "sealed", "Client": "Web shop", "RedirectHost": "shop.example.com",
		"Account": "Diana Krall",
		"Scopes":  []map[string]any{{"Name": "orders:read", "Description": "See your orders", "New": true}},
		"Resources": []map[string]any{
			{"Name": "Orders", "URI": "https://api.example.com"},
		},
		"Unchecked": true, "ClientHost": "client.example.com", "LogoURI": "https://shop.example.com/logo.png", "PolicyURI": "https://shop.example.com/privacy", "TOSURI": "https://shop.example.com/terms",
	},
	"signed_in": map[string]any{
		"Account": "diana", "DisplayName": "Diana Krall", "SwitchURL": "login?prompt=login",
		"AccountURL": "account",
	},
	"signed_out": SignedOutView{Everywhere: true, EndOffline: true, Stopped: StoppedHint, SignInURL: "account"},
	"end_session": map[string]any{
		"Action": "end_session", "Interaction": "sealed", "Account": "Diana Krall", "AccountURL": "account",
		"Client": "Web shop", "RedirectHost": "shop.example.com", "Stale": true,
	},
	"account": map[string]any{
		"Action": "account", "Interaction": "sealed", "EndOffline": true,
		"Account": "diana", "DisplayName": "Diana Krall", "Email": "diana@example.org",
		"Applications": []map[string]any{{
			"ID": "web", "Name": "Web shop", "Hosts": []string{"shop.example.com"},
			"Scopes":    []map[string]any{{"Name": "orders:read", "Description": "See your orders"}},
			"Resources": []map[string]any{{"Name": "Orders", "URI": "https://api.example.com"}},
			"Allowed":   sampleMoment, "Used": sampleMoment, "Gone": true, "ByOperator": false,
		}},
		"Sessions": []map[string]any{
			{"ID": "sample", "Browser": "Firefox on Linux", "Here": false, "Since": sampleMoment, "Seen": sampleMoment},
		},
		"MoreApplications": true, "MoreSessions": true, "Done": "withdraw", "DoneName": "Web shop", "Stale": true,
	},
	"answered": map[string]any{},
	"device": map[string]any{
		"Action": "device", "Interaction": "sealed", "Account": "Diana Krall", "UserCode": "WDJB-MJHT", "Problem": "throttled", "Minutes": 2,
	},
	"device_confirm": map[string]any{
		"Action": "device", "Interaction": "sealed", "Account": "Diana Krall", "UserCode": "WDJB-MJHT", "Client": "Radio", "Host": "radio.example.com",
		"ClientHost": "radio.example.com",
		"Scopes":     []map[string]any{{"Name": "orders:read", "Description": "See your orders"}},
		"Resources":  []map[string]any{{"Name": "Orders", "URI": "https://api.example.com"}},
		"Unchecked":  true, "LogoURI": "https://radio.example.com/logo.png", "PolicyURI": "https://radio.example.com/privacy", "TOSURI": "https://radio.example.com/terms",
	},
	"device_done": map[string]any{"Allowed": true},
	"error":       ErrorView{Code: "invalid_request", Description: "redirect_uri is not registered", Status: 400, ID: "SAMPLE"},
	"form_post":   FormPostView{Action: "https://shop.example.com/callback", Fields: []Field{{Name: "state", Value: "sample"}}},
	"frontchannel": FrontchannelView{
		Frames: []string{"https://shop.example.com/logout?iss=https%3A%2F%2Fid.example.com&sid=sample"}, Location: "https://shop.example.com/bye",
	},
	"continue": ContinueView{Action: "authorize", Fields: []Field{{Name: "request", Value: "sample"}}},
}
