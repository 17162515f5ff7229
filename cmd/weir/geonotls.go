//go:build notls

package main

import "weir/internal/geo"

// updateTLS returns nothing: builds for small routers leave TLS out.
func updateTLS() geo.Dial { return nil }
