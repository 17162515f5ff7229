//go:build notls

package daemon

// noCertificate is what a start without the certificate's file says.
var noCertificate = []string{"this build has no TLS", "in front"}
