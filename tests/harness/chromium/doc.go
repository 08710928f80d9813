// Package chromium drives a real Chromium for tests that look at pages as a person does. A package of
// tests starts one by Run in its TestMain; each test then has profiles of its own in it.
package chromium
