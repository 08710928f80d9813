// Package device serves the two endpoints of RFC 8628 at which a device asks for access and a person gives it: the
// device authorization endpoint, <issuer>/device_authorization, and the page, <issuer>/device, to which the person
// brings the code that the device shows. The tokens are fetched at the token endpoint.
//
// Whoever sends somebody else their own code wants into that person's account (section 5.4). So the person signs in
// first, is shown who asks for what, and is asked whether the code is on their device, every time: no consent that is
// remembered, and no link with the code in it, spares them the question.
package device
