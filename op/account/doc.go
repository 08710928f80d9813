// Package account serves the account page, where people see what they allowed and where they are signed
// in, and end it.
//
// Everything on the page is a record of its own: a consent, a session, the account's cut-off. Ending one is
// one write, and whatever hangs from it is dead at the next time it is asked for, because op/grant asks; no
// token is looked for here. The page's form is sealed for the browser and the session it was made for, a GET
// changes nothing, and nothing is said to be done unless the store said so.
package account
