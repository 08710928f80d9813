package browser

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// hostile is text that would be a script in one context of HTML or another.
var hostile = []string{
	`<script>` + chromium.Binding + `("element");alert(1)</script>`,
	`"><img src=x onerror=` + chromium.Binding + `("quote")>`,
	`' autofocus onfocus=` + chromium.Binding + `("apostrophe") x='`,
	`</title></style></textarea></script><svg onload=` + chromium.Binding + `("closing")>`,
	`javascript:` + chromium.Binding + `("scheme")//`,
	"JaVa\tScRiPt:" + chromium.Binding + `("tab")`,
	`data:text/html,<script>` + chromium.Binding + `("data")</script>`,
	`{{.Interaction}}{env.HOME}${` + chromium.Binding + `("template")}`,
	`<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">`,
	`<iframe srcdoc="<script>parent.` + chromium.Binding + `('frame')</script>"></iframe>`,
	`\u003cscript\u003e` + chromium.Binding + `("escape")\u003c/script\u003e` + "\u2028<!--",
	`<form action="https://evil.example/"><input name=decision value=allow><button formaction="javascript:` + chromium.Binding + `('form')">`,
}

// judge fails if anything of what was sent has become more than text.
func (w *world) judge(b *chromium.Tab, sent string) {
	b.T.Helper()
	if executed := b.Executions(); len(executed) > 0 {
		b.T.Fatalf("%s: it ran: %q", sent, executed)
	}
	if blocked := b.Violations(); len(blocked) > 0 {
		b.T.Fatalf("%s: only the policy stopped it: %q", sent, blocked)
	}
	grown := chromium.Eval[string](b, `(() => {
		if (location.origin !== "`+w.issuer+`") return "";
		const odd = "base, iframe, img, svg, object, embed, style, meta[http-equiv], script:not([src]), [formaction], [style], [srcdoc]";
		const found = [...document.querySelectorAll(odd)];
		for (const e of document.querySelectorAll("*"))
			for (const a of e.attributes)
				if (/^on/.test(a.name) || (/^(href|src|action)$/.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value))) found.push(e);
		return found.map((e) => e.outerHTML).join("\n");
	})()`)
	if grown != "" {
		b.T.Errorf("%s: the page has grown\n%s", sent, grown)
	}
}

func TestThreat090_ParametersStayText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	b := chromium.NewTab(t)
	visit := func(sent string, address string) {
		t.Helper()
		b.Open(address)
		w.judge(b, sent)
	}
	for i, text := range hostile {
		// Each text meets a third of these, each of these a third of the texts: they lead to fixed words.
		for j, name := range []string{
			"client_id", "redirect_uri", "response_type", "response_mode", "scope", "code_challenge", "code_challenge_method",
			"prompt", "max_age", "id_token_hint", "resource", "request", "request_uri",
		} {
			if (i+j)%3 == 0 {
				visit(name+" "+text, w.web.begin(url.Values{name: {text}}).String())
			}
		}
		// These fail no check: they go together, onto the login page and into what comes back.
		carried := url.Values{"state": {text}, "nonce": {text}, "login_hint": {text}, "acr_values": {text}, "ui_locales": {text}, text: {text}, "display": {text}}
		visit("carried "+text, w.web.begin(carried).String())
		if filled := chromium.Eval[string](b, `document.getElementById("username").value`); filled != text {
			t.Errorf("login_hint %q fills in %q", text, filled)
		}
		for j, path := range []string{"/authorize?interaction=", "/authorize?posted=", "/login?prompt=", "/login?username=", "/authorize?error_description="} {
			if (i+j)%3 == 0 {
				visit(path+text, w.issuer+path+url.QueryEscape(text))
			}
		}
	}
	for _, text := range hostile {
		b.Open(w.issuer + "/login")
		b.Login(text, text)
		w.judge(b, "username "+text)
	}
	for _, origin := range b.Asked() {
		if strings.Contains(origin, "evil") {
			t.Errorf("the browser went to %s", origin)
		}
	}
}

// nameable takes from a text what no client's name may have: it is refused before any page shows it.
var nameable = strings.NewReplacer("\t", " ", "\u202e", "", "\u2066", "", "\u2028", " ")

func TestThreat090_NamesOfClientsPeopleAndScopesStayText(t *testing.T) {
	t.Parallel()
	var more strings.Builder
	more.WriteString("login {\n throttle 100 1m\n}\n")
	for i, text := range hostile {
		text = nameable.Replace(text)
		fmt.Fprintf(&more, "scope evil%d {\n description `%s`\n}\n", i, text)
		fmt.Fprintf(&more, "resource https://evil%d.example/ {\n name `%s`\n scopes evil%d\n}\n", i, text, i)
		fmt.Fprintf(&more, "client evil%d {\n name `%s`\n secret {secret}\n redirect_uris {web}/callback\n scopes openid evil%d\n}\n", i, text, i)
		fmt.Fprintf(&more, "user evil%d {\n password {howes}\n claim name `%s`\n}\n", i, text)
	}
	w := newWorld(t, more.String())
	b := chromium.NewTab(t)
	for i, text := range hostile {
		text = nameable.Replace(text)
		request := url.Values{"client_id": {fmt.Sprint("evil", i)}, "scope": {fmt.Sprint("openid evil", i)}, "prompt": {"login"}}
		b.Open(w.web.begin(request).String())
		b.Title("Sign in · Gatehouse")
		w.judge(b, "login page, "+text)
		b.Login(fmt.Sprint("evil", i), "howes")
		b.Wait(`document.querySelector("button[value=allow]")`)
		w.judge(b, "consent page, "+text)
		flat := strings.Join(strings.Fields(text), " ")
		for what, selector := range map[string]string{"client": "h1 em", "person": ".who strong", "scope": ".scopes li:last-child .what", "resource": ".facts dd span"} {
			if said := strings.Join(strings.Fields(chromium.Eval[string](b, `document.querySelector("`+selector+`").textContent`)), " "); !strings.HasPrefix(said, flat) {
				t.Errorf("the %s %q is called %q", what, flat, said)
			}
		}
		request.Set("prompt", "select_account")
		b.Open(w.web.begin(request).String())
		b.Title("Choose an account · Gatehouse")
		w.judge(b, "choice of an account, "+text)
	}
}
