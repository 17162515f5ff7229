//go:build !notls

package main

import "weir/internal/geo"

// updateTLS returns how databases are fetched over https.
func updateTLS() geo.Dial { return dialTLS }
