package dpi

import (
	"bytes"
	"encoding/binary"
)

// mongodb recognises MongoDB's messages (Wire Protocol): a length, two IDs and a
// known operation, in little endian.
var mongodb = Detector{MongoDB, OverTCP, detectMongoDB}

// redis recognises RESP, the serialization protocol of Redis: a command is an
// array of strings, and replies are only believed where one was seen, or on its
// port.
var redis = Detector{Redis, OverTCP, detectRedis}

// memcached recognises memcached's protocols (protocol.txt, protocol-binary.txt),
// over UDP behind a frame header.
var memcached = Detector{Memcached, OverTCP | OverUDP, detectMemcached}

// cassandra recognises CQL's binary protocol, versions 3 to 5: a header whose
// length is the segment's, and an operation that connections begin with.
var cassandra = Detector{Cassandra, OverTCP, detectCassandra}

// kafka recognises Kafka's requests: a length, a known operation and version, and
// the client's name for itself.
var kafka = Detector{Kafka, OverTCP, detectKafka}

// stomp recognises STOMP 1.0 to 1.2 by the frames that connect.
var stomp = Detector{STOMP, OverTCP, detectSTOMP}

// elasticsearch recognises the protocol that Elasticsearch's nodes speak with each
// other; its clients speak HTTP.
var elasticsearch = Detector{Elasticsearch, OverTCP, detectElasticsearch}

func detectMongoDB(s *Segment) Verdict {
	b := s.Payload
	if len(b) < 16 {
		return s.wait()
	}
	size, operation := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[12:])
	if size < 16 || size > 48<<20 || int64(size) < int64(s.fresh) {
		return s.wait()
	}
	switch operation {
	case 1, 2001, 2002, 2004, 2005, 2006, 2007, 2010, 2011, 2012, 2013:
		return s.yesOrWait(operation != 1 || s.OnPort(27017))
	}
	return s.wait()
}

func detectRedis(s *Segment) Verdict {
	b := s.Payload[:min(len(s.Payload), 64)]
	line, ended := s.line()
	if !ended || len(line) < 2 {
		return s.wait()
	}
	switch b[0] {
	case '*': // an array: of strings in commands
		second, ok := lineOf(b[min(bytes.IndexByte(b, '\n')+1, len(b)):])
		return s.yesOrWait(isNumber(line[1:]) && len(line) <= 8 && ok && len(second) > 1 && second[0] == '$' && isNumber(second[1:]))
	case '+', '-', ':', '$':
		return s.yesOrWait(s.OnPort(6379) && (b[0] != '$' && b[0] != ':' || isNumber(line[1:]) || string(line) == "$-1"))
	}
	return s.yesOrWait(s.OnPort(6379) && isWord(line, "PING"))
}

var memcachedStores = []string{"SET", "ADD", "REPLACE", "APPEND", "PREPEND", "CAS"}

func detectMemcached(s *Segment) Verdict {
	b := s.Payload
	if s.datagram() { // request, number of the datagram, how many there are, zero
		if len(b) < 10 || b[6] != 0 || b[7] != 0 || b[4] == 0 && b[5] == 0 || binary.BigEndian.Uint16(b[2:]) >= binary.BigEndian.Uint16(b[4:]) {
			return No
		}
		b = b[8:]
	}
	if len(b) >= 24 && (b[0] == 0x80 || b[0] == 0x81) && b[1] <= 0x48 && b[5] == 0 {
		// Key and extras are within the body, and the body in the segment.
		key, body := uint32(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint32(b[8:])
		return s.yesOrWait(key+uint32(b[4]) <= body && key <= 250 && (s.OnPort(11211) || int64(body)+24 == int64(s.fresh)))
	}
	line, ended := s.line()
	if s.datagram() {
		line, ended = lineOf(b)
	}
	command, rest := word(line)
	if !ended || len(command) == 0 || len(command) > 8 || b[len(line)] != '\r' {
		return s.wait()
	}
	spaces := bytes.Count(rest, []byte(" "))
	switch {
	case command[0] >= 'a' && oneOf(command, memcachedStores):
		_, numbers := word(rest)
		first, _ := word(numbers)
		return s.yesOrWait(spaces >= 3 && isNumber(first))
	case string(command) == "get" || string(command) == "gets":
		return s.yesOrWait(printable(rest) && len(rest) <= 1000)
	case string(command) == "stats" || string(command) == "version" && rest == nil:
		return s.yesOrWait(s.OnPort(11211) || s.datagram())
	case string(command) == "VALUE":
		return s.yesOrWait(spaces >= 2)
	case string(command) == "STAT" || string(command) == "VERSION" || string(line) == "STORED" || string(line) == "END":
		return s.yesOrWait(s.OnPort(11211) || s.answered("get ") || s.answered("set ") || s.answered("stats") || s.answered("version"))
	}
	return s.wait()
}

func detectCassandra(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, flags := c.u8(), c.u8()
	c.u16() // stream
	operation, size := c.u8(), int64(c.u32())
	if c.short || version&0x7f < 3 || version&0x7f > 5 || flags > 0x1f || size+9 != int64(s.Len) {
		return s.wait()
	}
	switch operation {
	case 1: // startup: a map of strings
		return verdictIf(s.has("CQL_VERSION"))
	case 5: // options
		return verdictIf(size == 0 && version < 0x80)
	case 2, 6: // ready, supported
		return s.yesOrWait(version >= 0x80 && (s.OnPort(9042) || size > 20 && s.has("CQL_VERSION")))
	}
	return s.yesOrWait(s.OnPort(9042) && operation <= 16)
}

func detectKafka(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	size, key, version := int64(c.u32()), c.u16(), c.u16()
	c.u32() // correlation
	name := c.bytes(int(c.u16()))
	if c.short || size+4 != int64(s.Len) || key > 75 || version > 18 || !printable(name) {
		return s.wait()
	}
	if !s.OnPort(9092) && key != 18 && key != 3 { // versions and metadata come first
		return s.wait()
	}
	s.Facts.UserAgent = name
	return Yes
}

func detectSTOMP(s *Segment) Verdict {
	line, ended := s.line()
	if !ended || !oneOf(line, []string{"CONNECT", "STOMP", "CONNECTED"}) {
		return s.wait()
	}
	b := s.Payload[:min(len(s.Payload), 512)]
	if bytes.Contains(b, []byte("accept-version:")) || bytes.Contains(b, []byte("version:")) || bytes.Contains(b, []byte("login:")) || b[len(b)-1] == 0 || bytes.HasSuffix(b, []byte("\x00\n")) {
		s.Facts.Host = headerLine(b, "\nhost:")
		return Yes
	}
	return No
}

// headerLine returns what stands between a name and the end of its line.
func headerLine(b []byte, name string) []byte {
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return nil
	}
	line, _ := lineOf(b[i+len(name):])
	return line
}

func detectElasticsearch(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	magic, size := c.u16(), int64(c.u32())
	return s.yesOrWait(magic == 'E'<<8|'S' && !c.short && size > 12 && size+6 >= int64(s.fresh) && size < 1<<24 && len(c.b) >= 13 && c.b[8]&^0x1f == 0 && c.b[9] == 0)
}
