// Package openwrt tests what lands on a router beside the binary: scripts run by sh
// with OpenWrt's functions replaced by ones that write down their calls, and access
// rules by ubusd.
package openwrt
