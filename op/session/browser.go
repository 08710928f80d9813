package session

import "strings"

// maxUserAgent is how much of a User-Agent is looked at, in bytes.
const maxUserAgent = 512

// Each list is in the order that tells: browsers pretend to be those that came before them, and a
// phone's system is built on another's.
var (
	browsers = []mark{
		{"Edg/", "Edge"},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = []mark{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Macintosh", "macOS"},
		{"Linux", "Linux"},
	}
)

// mark is a part of a User-Agent and what it stands for.
type mark struct{ part, name string }

// describe says in a few words which browser it is, so that people can tell their own sessions apart.
// The words are all ours: nothing of what was sent is kept, no version and nothing that tells one such
// browser from another. It is "" for what is not known.
func describe(userAgent string) string {
	if len(userAgent) > maxUserAgent {
		userAgent = userAgent[:maxUserAgent]
	}
	browser, system := find(browsers, userAgent), find(systems, userAgent)
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func find(marks []mark, text string) string {
	for _, m := range marks {
		if strings.Contains(text, m.part) {
			return m.name
		}
	}
	return ""
}
