package dpi

import "testing"

func TestFiles(t *testing.T) {
	status := "\x00\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	runExchanges(t, []exchange{
		{name: "afp", proto: tcp, server: 548, says: []string{">" + status}, want: AFP},
		{name: "afp on another port", proto: tcp, server: 10548, says: []string{">" + status, "<\x01\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00abcdefghijklmnop"}, want: AFP},
		{name: "afp that answers something else", proto: tcp, server: 10548, says: []string{">" + status, "<\x01\x03\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}, want: NoProtocol},
		{name: "git", proto: tcp, server: 19418, says: []string{">0033git-upload-pack /project.git\x00host=example.org\x00"}, want: Git, tells: gathered{Host: "example.org", URL: "/project.git"}},
		{name: "lpd", proto: tcp, server: 515, says: []string{">\x02lp\n"}, want: Printing},
		{name: "postscript", proto: tcp, server: 9100, says: []string{">%!PS-Adobe-3.0\n"}, want: Printing},
		{name: "postscript elsewhere", proto: tcp, server: 9000, says: []string{">%!PS-Adobe-3.0\n"}, want: NoProtocol},
		{name: "smb 1", proto: tcp, server: 1445, says: []string{">\x00\x00\x00\x54\xffSMBr\x00"}, want: SMB},
		{name: "smb 2", proto: tcp, server: 1445, says: []string{"<\x00\x00\x00\x54\xfeSMB\x40\x00"}, want: SMB},
		{name: "smb encrypted", proto: tcp, server: 1445, says: []string{"<\x00\x00\x00\x54\xfdSMB\x40\x00"}, want: SMB},
	})
}

func TestRemote(t *testing.T) {
	runExchanges(t, []exchange{
		{name: "rsh", proto: tcp, server: 514, says: []string{">1023\x00me\x00you\x00ls\x00"}, want: RSH},
		{name: "rsh in pieces", proto: tcp, server: 514, says: []string{">1023\x00", ">me\x00you\x00ls\x00"}, want: RSH},
		{name: "rsh, port alone", proto: tcp, server: 514, says: []string{">1023\x00", "<\x00"}, want: NoProtocol},
		{name: "rlogin", proto: tcp, server: 513, says: []string{">\x00me\x00you\x00xterm/38400\x00"}, want: RSH},
		{name: "whois", proto: tcp, server: 43, says: []string{">example.org\r\n"}, want: Whois, tells: gathered{URL: "example.org"}},
		{name: "two lines are no whois", proto: tcp, server: 43, says: []string{">example.org\r\nmore\r\n"}, want: NoProtocol},
		{name: "xdmcp", proto: udp, server: 177, says: []string{">\x00\x01\x00\x02\x00\x01\x00"}, want: XDMCP},
		{name: "xdmcp of another length", proto: udp, server: 177, says: []string{">\x00\x01\x00\x02\x00\x02\x00"}, want: NoProtocol},
		{name: "teamviewer", proto: tcp, server: 5938, says: []string{">\x17\x24\x0a\x20\x00\x00\x00\x00"}, want: TeamViewer},
		{name: "teamviewer, both ends", proto: tcp, server: 8000, says: []string{">\x17\x24\x0a\x20\x00\x00\x00\x00", "<\x17\x24\x11\x04\x00\x00\x00\x00"}, want: TeamViewer},
		{name: "one end is too little", proto: tcp, server: 8000, says: []string{">\x17\x24\x0a\x20\x00\x00\x00\x00", "<hello, world"}, want: NoProtocol},
	})
}
