package dpi

import "testing"

func TestMail(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "smtp", proto: tcp, server: 25, says: []string{"<220 mx.example ESMTP Postfix\r\n", ">EHLO laptop\r\n"}, want: SMTP, tells: gathered{Server: "mx.example ESMTP Postfix"}},
		{name: "smtp on another port, by the command", proto: tcp, server: 2526, says: []string{"<220 welcome\r\n", ">HELO laptop\r\n"}, want: SMTP},
		{name: "smtp joined", proto: tcp, server: 2526, says: []string{">MAIL FROM:<a@b.example>\r\n"}, want: SMTP},
		{name: "a reply of something else", proto: tcp, server: 2526, says: []string{"<220 welcome\r\n", ">hello\r\n"}, want: NoProtocol},
		{name: "imap", proto: tcp, server: 143, says: []string{"<* OK ready\r\n", ">a1 CAPABILITY\r\n"}, want: IMAP, tells: gathered{Server: "ready"}},
		{name: "imap on another port", proto: tcp, server: 1143, says: []string{"<* OK [CAPABILITY IMAP4rev1] ready\r\n"}, want: IMAP, tells: gathered{Server: "[CAPABILITY IMAP4rev1] ready"}},
		{name: "imap by the command", proto: tcp, server: 1143, says: []string{"<* OK ready\r\n", ">a1 login a b\r\n"}, want: IMAP},
		{name: "pop3", proto: tcp, server: 110, says: []string{"<+OK ready\r\n", ">CAPA\r\n"}, want: POP3, tells: gathered{Server: "ready"}},
		{name: "pop3 by the command", proto: tcp, server: 1110, says: []string{"<+OK ready\r\n", ">USER me\r\n"}, want: POP3},
		{name: "nntp", proto: tcp, server: 119, says: []string{"<200 news.example ready\r\n"}, want: NNTP, tells: gathered{Server: "news.example ready"}},
		{name: "nntp by the command", proto: tcp, server: 1119, says: []string{"<200 hello\r\n", ">MODE READER\r\n"}, want: NNTP},
		{name: "ftp", proto: tcp, server: 21, says: []string{"<220 ProFTPD ready\r\n", ">USER anonymous\r\n"}, want: FTP, tells: gathered{Server: "ProFTPD ready"}},
		{name: "ftp by the command", proto: tcp, server: 2121, says: []string{"<220 hello\r\n", ">USER anonymous\r\n"}, want: FTP},
		{name: "irc", proto: tcp, server: 6667, says: []string{">NICK me\r\nUSER me 0 * :Me\r\n"}, want: IRC},
		{name: "irc server", proto: tcp, server: 8000, says: []string{"<:irc.example NOTICE * :*** Looking up your hostname\r\n"}, want: IRC, tells: gathered{Server: "irc.example"}},
		{name: "irc with a password", proto: tcp, server: 8000, says: []string{">PASS x\r\nNICK me\r\n"}, want: IRC},
		{name: "irc negotiation", proto: tcp, server: 8000, says: []string{">CAP LS 302\r\n"}, want: IRC},
		{name: "user of pop3 is none of irc", proto: tcp, server: 8000, says: []string{">USER me\r\n"}, want: NoProtocol},
	})
}

// A conversation that goes over to TLS stays what it is and tells the hello.
func TestStartTLS(t *testing.T) {
	hello := "\x16\x03\x01\x00\x45\x01\x00\x00\x41\x03\x03" + "01234567890123456789012345678901" + "\x00\x00\x02\xc0\x2f\x01\x00" +
		"\x00\x16\x00\x00\x00\x12\x00\x10\x00\x00\x0dmx.example.or"
	x := exchange{proto: tcp, server: 25, says: []string{"<220 mx ESMTP\r\n", ">EHLO a\r\n", "<250 STARTTLS\r\n", ">STARTTLS\r\n", "<220 go\r\n", ">" + hello}}
	r, tells := x.run()
	if r.Protocol != SMTP || !r.Done || tells.Host != "mx.example.or" {
		t.Errorf("%+v, host %q", r, tells.Host)
	}
}

func TestFTPData(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "listing of unix", proto: tcp, server: 50000, says: []string{"<drwxr-xr-x   2 0        0            4096 Jan 01 00:00 pub\r\n"}, want: FTPData},
		{name: "listing with its total", proto: tcp, server: 50000, says: []string{"<total 8\r\n-rw-r--r--   1 ftp      ftp          4096 Jan 01 00:00 a\r\n"}, want: FTPData},
		{name: "listing of windows", proto: tcp, server: 50000, says: []string{"<01-31-26  09:15AM       <DIR>          pub\r\n"}, want: FTPData},
		{name: "listing for machines", proto: tcp, server: 50000, says: []string{"<type=file;size=12;modify=20260101000000; a.txt\r\n"}, want: FTPData},
		{name: "file from port 20", proto: tcp, server: 20, says: []string{"<\x1f\x8b\x08\x00\x00"}, want: FTPData, by: FromGuess},
		{name: "file", proto: tcp, server: 50000, says: []string{"<\x1f\x8b\x08\x00\x00"}, want: NoProtocol},
	})
}

func TestTelnet(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "options", proto: tcp, server: 2323, says: []string{"<\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"}, want: Telnet},
		{name: "options of an option", proto: tcp, server: 2323, says: []string{">\xff\xfa\x18\x00xterm\xff\xf0\xff\xfb\x01"}, want: Telnet},
		{name: "one option", proto: tcp, server: 2323, says: []string{"<\xff\xfb\x01"}, want: Telnet},
		{name: "one option and a prompt", proto: tcp, server: 23, says: []string{"<\xff\xfb\x01login: "}, want: Telnet},
		{name: "prompt first", proto: tcp, server: 23, says: []string{"<login: ", ">\xff\xfd\x01"}, want: Telnet},
		{name: "unknown option", proto: tcp, server: 2323, says: []string{"<\xff\xfd\x90"}, want: NoProtocol},
		{name: "option without end", proto: tcp, server: 2323, says: []string{"<\xff\xfa\x18\x00xterm"}, want: NoProtocol},
	})
}

func TestXMPP(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "stream", proto: tcp, server: 5222, says: []string{"><?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client'>"}, want: XMPP, tells: gathered{Host: "example.org"}},
		{name: "head apart", proto: tcp, server: 15222, says: []string{"><?xml version='1.0'?>", "><stream:stream xmlns='jabber:client' to=\"example.org\">"}, want: XMPP, tells: gathered{Host: "example.org"}},
		{name: "joined", proto: tcp, server: 5222, says: []string{"<<presence from='a@b'/>"}, want: XMPP},
		{name: "other xml", proto: tcp, server: 15222, says: []string{"><?xml version='1.0'?><a/>"}, want: NoProtocol},
	})
}
