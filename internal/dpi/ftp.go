package dpi

import "bytes"

// ftp recognises the control connection of FTP (RFC 959) by the server's greeting
// or by the commands that clients begin with when they were greeted.
var ftp = Detector{FTP, OverTCP, detectFTP,
	"the server's greeting, or the commands that clients begin with"}

// ftpData recognises a data connection of FTP by a listing of files, which nothing
// else begins with, or by a server's port 20 (RFC 959 section 3.2). Files by
// themselves cannot be told from others.
var ftpData = Detector{FTPData, OverTCP, detectFTPData,
	"a listing of files, or the server's port 20"}

const (
	ftpPort     = 21
	ftpDataPort = 20
)

var (
	ftpFirst = []string{"USER", "AUTH", "FEAT", "OPTS", "HOST", "SYST", "CLNT"}
	ftpLater = []string{"PASV", "EPSV", "PORT", "EPRT", "RETR", "STOR", "MLSD", "CWD", "TYPE"}
)

func detectFTP(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	line, ended := s.line()
	if !ended {
		return s.wait()
	}
	command, _ := word(line)
	if code, text, ok := isReply(line); ok {
		port := s.OnPort(ftpPort)
		if s.First() && (code == 220 || code == 120 || code == 421 || code == 530) && (port || contains(text, "FTP")) || port && s.Joined {
			s.Facts.Server = text
			return Follow
		}
		return s.patient()
	}
	if oneOf(command, ftpFirst) && (s.OnPort(ftpPort) || s.answered("220")) || oneOf(command, ftpLater) && s.OnPort(ftpPort) {
		return Follow
	}
	return s.wait()
}

func detectFTPData(s *Segment) Verdict {
	if s.Answered().Packets > 0 || !s.First() {
		return No // data goes one way
	}
	line, _ := s.line()
	if bytes.HasPrefix(line, []byte("total ")) {
		line, _ = lineOf(s.Payload[min(bytes.IndexByte(s.Payload, '\n')+1, len(s.Payload)):])
	}
	if len(line) > 0 && (isUnixListing(line) || isDOSListing(line) || isMachineListing(line)) {
		return Yes
	}
	if s.ServerPort == ftpDataPort || s.ClientPort == ftpDataPort {
		return Likely
	}
	return No
}

// isUnixListing reports whether a line is one of ls -l: "drwxr-xr-x   2 …".
func isUnixListing(line []byte) bool {
	if len(line) < 40 || bytes.IndexByte([]byte("-dlbcps"), line[0]) < 0 {
		return false
	}
	for _, c := range line[1:10] {
		if bytes.IndexByte([]byte("-rwxsStT"), c) < 0 {
			return false
		}
	}
	rest := bytes.TrimLeft(line[10:], "+@. ")
	return len(rest) < len(line)-10 && len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9'
}

// isDOSListing reports whether a line is one of dir: "01-31-26  09:15AM       <DIR> …".
func isDOSListing(line []byte) bool {
	const shape = "00-00-00  00:00"
	if len(line) < 39 {
		return false
	}
	for i := range len(shape) {
		if c := line[i]; shape[i] == '0' && (c < '0' || c > '9') || shape[i] != '0' && c != shape[i] {
			return false
		}
	}
	return line[16] == 'M'
}

// isMachineListing reports whether a line is one of MLSD (RFC 3659 section 7.2):
// "type=file;size=…; name".
func isMachineListing(line []byte) bool {
	facts, _ := word(line)
	return bytes.HasSuffix(facts, []byte(";")) && contains(facts, "TYPE=") && (contains(facts, "MODIFY=") || contains(facts, "SIZE=") || contains(facts, "PERM="))
}
