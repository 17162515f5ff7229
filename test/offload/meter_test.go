//go:build integration

package offload

import "weir/test/netns"

// connection names a flow by its ends as they are in the house, Own being the
// client's, and count is what passed of it at the client's own device: the truth
// that weir is compared with.
type (
	connection = netns.Metered
	count      = netns.Passed
)
