package dpi

import "testing"

func TestRTSP(t *testing.T) {
	describe := "DESCRIBE rtsp://server.example.com:554/fizzle/foo RTSP/1.0\r\nCSeq: 312\r\nUser-Agent: VLC/3.0\r\n\r\n"
	runExchanges(t, []exchange{
		{name: "request and answer", proto: tcp, server: 8554, says: []string{">" + describe, "<RTSP/1.0 404 Not Found\r\nCSeq: 312\r\nServer: GStreamer\r\n\r\n"}, want: RTSP,
			tells: gathered{Method: "DESCRIBE", URL: "rtsp://server.example.com:554/fizzle/foo", Host: "server.example.com", UserAgent: "VLC/3.0", Server: "GStreamer", Code: 404}},
		{name: "an address of numbers", proto: tcp, server: 8554, says: []string{">OPTIONS rtsp://[2001:db8::1]:554/a RTSP/1.0\r\n\r\n"}, want: RTSP, tells: gathered{Method: "OPTIONS", URL: "rtsp://[2001:db8::1]:554/a", Host: "2001:db8::1"}},
		{name: "in pieces", proto: tcp, server: 8554, says: []string{">OPTIONS ", ">* RTSP/2.0\r\n"}, want: RTSP, tells: gathered{Method: "OPTIONS", URL: "*"}},
		{name: "through HTTP", proto: tcp, server: 80, says: []string{">GET /cam HTTP/1.0\r\nHost: camera\r\nx-sessioncookie: c1\r\nAccept: application/x-rtsp-tunnelled\r\n\r\n"}, want: RTSP, tells: gathered{Method: "GET", URL: "/cam", Host: "camera"}},
		{name: "answer alone", proto: tcp, server: 1, says: []string{"<RTSP/1.0 200 OK\r\n"}, want: RTSP, tells: gathered{Code: 200}},
		{name: "no answer", proto: tcp, server: 1, says: []string{"<RTSP/1.0 hello\r\n"}},
		{name: "AirPlay", proto: tcp, server: 7000, says: []string{">POST /pair-verify RTSP/1.0\r\nUser-Agent: AirPlay/770.8.1\r\n\r\n", "<RTSP/1.0 200 OK\r\nServer: AirTunes/670.6.2\r\n\r\n"}, want: AirPlay,
			tells: gathered{Method: "POST", URL: "/pair-verify", UserAgent: "AirPlay/770.8.1", Server: "AirTunes/670.6.2", Code: 200}},
		{name: "AirPlay's events", proto: tcp, server: 7000, says: []string{">POST /reverse HTTP/1.1\r\nUpgrade: PTTH/1.0\r\nConnection: Upgrade\r\n\r\n"}, want: AirPlay, tells: gathered{Method: "POST", URL: "/reverse"}},
	})
}

func TestSIP(t *testing.T) {
	invite := "INVITE sip:bob@biloxi.example.com:5062;transport=udp SIP/2.0\r\nVia: SIP/2.0/UDP pc33.atlanta.example.com\r\nUser-Agent: Softphone Beta1.5\r\n\r\n"
	asked := gathered{Method: "INVITE", URL: "sip:bob@biloxi.example.com:5062;transport=udp", Host: "biloxi.example.com", UserAgent: "Softphone Beta1.5"}
	answered := asked
	answered.Code, answered.Server = 603, "Proxy"
	runExchanges(t, []exchange{
		{name: "call", proto: udp, server: 1, says: []string{">" + invite}, want: SIP, tells: asked},
		{name: "call over TCP, declined", proto: tcp, server: 1, says: []string{">" + invite, "<SIP/2.0 603 Decline\r\nServer: Proxy\r\n\r\n"}, want: SIP, tells: answered},
		{name: "behind a blank line", proto: udp, server: 1, says: []string{">\r\n\r\n", ">" + invite}, want: SIP, tells: asked},
		{name: "behind jaK", proto: udp, server: 1, says: []string{">jaK\x00", ">" + invite}, want: SIP, tells: asked},
		{name: "another version", proto: udp, server: 1, says: []string{">INVITE sip:bob@biloxi.example.com SIP/7.0\r\n\r\n"}},
		{name: "no status", proto: udp, server: 1, says: []string{"<SIP/2.0 9999\r\n"}},
	})
}
