// Package checksession serves the check_session_iframe, which an application puts into its page to learn, without
// asking over the network, whether the person is still signed in as before (OpenID Connect Session Management 1.0
// section 3).
//
// The page is the same for everybody and all that happens does so in its script: it reads the state cookie of
// op/session, holds it against the session_state that the application got in its answer, and says `unchanged`,
// `changed` or `error`. It is the one page of the provider that other sites may put into a frame: nothing can be
// seen or pressed there.
package checksession
