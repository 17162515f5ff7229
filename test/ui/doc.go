// Package ui tries the pages in a browser: a headless Chromium, driven by
// playwright-core, visits a real daemon that replays the demo's household.
//
// The tests are JavaScript of Node's own test runner, in the folder tests; the
// Go test here, with build tag "ui", makes what they need, starts them and
// reports each as a subtest. They need chromium, node and npm, which brings
// what package-lock.json pins; "make test-ui" says what is missing.
//
// Without a browser, the native tests weigh the pages.
package ui
