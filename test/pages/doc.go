// Package pages judges what stands on LuCI's pages: that all of their words are in
// the template and in German, and that Settings offers every option there is.
//
// The words are found as LuCI's own i18n-scan.pl finds them, and written to the
// template by
//
//	go test ./test/pages -run TestWords -update
//
// which adds what is new to each language without a translation, and takes out
// what nobody says any more.
package pages
