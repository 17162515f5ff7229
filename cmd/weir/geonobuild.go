//go:build notls

package main

import "errors"

// buildDatabase fails: builds for small routers leave out what makes databases,
// 150 kB that nobody runs where a table of the internet does not fit.
func buildDatabase(*console, string, []string) error {
	return errors.New("this build makes no databases; run weir geo build on a computer, and copy the file or serve it for weir geo update")
}
