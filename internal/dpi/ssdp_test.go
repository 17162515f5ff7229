package dpi

import "testing"

func TestSSDP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "search", proto: udp, server: 1900, says: []string{">M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\nUSER-AGENT: OS/1 UPnP/1.1 App/2\r\n\r\n"}, want: SSDP, tells: gathered{Host: "239.255.255.250:1900", UserAgent: "OS/1 UPnP/1.1 App/2"}},
		{name: "notify", proto: udp, server: 1900, says: []string{">NOTIFY * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nServer: Linux/3.14 UPnP/1.0, Bridge/1.26.0\r\nNTS:ssdp:alive\r\n\r\n"}, want: SSDP, tells: gathered{Host: "239.255.255.250:1900", Server: "Linux/3.14 UPnP/1.0, Bridge/1.26.0", DeviceModel: "Bridge/1.26.0"}},
		{name: "answer", proto: udp, server: 5000, says: []string{"<HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nST: upnp:rootdevice\r\n\r\n"}, want: SSDP},
		{name: "http of something else", proto: udp, server: 5000, says: []string{"<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, want: NoProtocol},
	})
}

func TestWSD(t *testing.T) {
	probe := "<?xml version=\"1.0\"?><s:Envelope xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><d:Scopes>onvif://www.onvif.org/name/Door onvif://www.onvif.org/hardware/CAM-1</d:Scopes>"
	runExchanges(t, []exchange{
		{name: "of a camera", proto: udp, server: 3702, says: []string{">" + probe}, want: WSD, tells: gathered{DeviceName: "Door", DeviceModel: "CAM-1"}},
		{name: "1.1", proto: udp, server: 4000, says: []string{">\xef\xbb\xbf<s:Envelope xmlns:d=\"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01\">"}, want: WSD},
		{name: "other xml", proto: udp, server: 4000, says: []string{"><s:Envelope>"}, want: NoProtocol},
	})
}
