package chromium

// Login fills the provider's login page and sends it.
func (b *Tab) Login(username, password string) {
	b.T.Helper()
	b.Fill("#username", username)
	b.Fill("#password", password)
	b.Press("button.primary")
}
