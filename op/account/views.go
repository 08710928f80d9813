package account

// pageView is what account.html shows.
type pageView struct {
	Action, Interaction         string
	Account, DisplayName, Email string
	Applications                []application
	Sessions                    []place
	// MoreApplications and MoreSessions say that the lists are not complete.
	MoreApplications, MoreSessions bool
	// EndOffline says that a sign-out leaves applications no access, offline_access or not.
	EndOffline bool
	// Done is what was done on the page before: "" for nothing, "withdraw" or "end". DoneName is whose
	// access was withdrawn.
	Done, DoneName string
	// Stale says that the form that was sent was out of date and nothing was done.
	Stale bool
}

// application is a client that the person allowed something.
type application struct {
	ID, Name string
	// Hosts are where it may send people back to.
	Hosts     []string
	Scopes    []scopeLine
	Resources []resourceLine
	// Allowed is when the person last said yes, Used when the application last asked for access.
	Allowed, Used moment
	// Gone says that the provider does not know the client any more, or was told not to.
	Gone bool
	// ByOperator says that the client does not depend on what the person allowed.
	ByOperator bool
}

// scopeLine is one scope in the operator's words, or one claim in ours.
type scopeLine struct{ Name, Description string }

type resourceLine struct{ Name, URI string }

// place is one browser that the person is signed in with.
type place struct {
	ID string
	// Browser says in a few words which it is, "" if nobody knows.
	Browser string
	// Here marks the browser that the page is shown in.
	Here        bool
	Since, Seen moment
}
