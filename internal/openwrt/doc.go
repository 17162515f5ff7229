// Package openwrt reads what a router's own programs wrote down: the ports that
// miniupnpd opened as programs of the house asked for them, whose addresses are
// (leases of dnsmasq and odhcpd, /etc/ethers), and the time zone; and it asks others over ubus.
//
// Input is bounded and may be anything: [MaxLeaseFile] bytes of a file,
// [MaxLeases] leases of a call, [MaxLeaseName] bytes of a name, [MaxTZ] bytes of
// a time zone, [MaxHostFile] bytes and [MaxHostLines] lines of a file of
// addresses. A malformed line is counted and hides no other. Nothing is kept
// between calls, so goroutines may call at the same time.
package openwrt
