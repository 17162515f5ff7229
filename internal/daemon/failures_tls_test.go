//go:build !notls

package daemon

// noCertificate is what a start without the certificate's file says.
var noCertificate = []string{"cert.pem", "no such file"}
