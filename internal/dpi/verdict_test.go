package dpi

import "testing"

func TestLines(t *testing.T) {
	tests := []struct {
		name, text, line string
		ended            bool
	}{
		{"of the internet", "a b\r\nc", "a b", true},
		{"of unix", "a b\nc", "a b", true},
		{"empty", "\r\n", "", true},
		{"without an end", "a b", "a b", false},
		{"an end too far away", string(make([]byte, longestLine)) + "\n", string(make([]byte, longestLine)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line, ended := lineOf([]byte(tt.text))
			if string(line) != tt.line || ended != tt.ended {
				t.Errorf("got %q, %v, want %q, %v", line, ended, tt.line, tt.ended)
			}
		})
	}
	for text, want := range map[string]bool{"220 für alle\r\n": true, "\x02bold\x0f\n": true, "a\x00b\n": false, "\xff\xfb\x01\n": false} {
		s := Segment{Payload: []byte(text)}
		for range 2 { // found, and remembered
			if _, ended := s.line(); ended != want {
				t.Errorf("%q has a line: %v, want %v", text, ended, want)
			}
		}
	}
}

func TestWords(t *testing.T) {
	first, rest := word([]byte("ehlo a b"))
	if string(first) != "ehlo" || string(rest) != "a b" {
		t.Errorf("got %q and %q", first, rest)
	}
	if first, rest = word([]byte("quit")); string(first) != "quit" || rest != nil {
		t.Errorf("got %q and %q", first, rest)
	}
	if !isWord([]byte("EhLo"), "EHLO") || isWord([]byte("EHLO "), "EHLO") || !hasWord([]byte("ehlo a"), "EHLO") || hasWord([]byte("eh"), "EHLO") {
		t.Error("words are compared wrongly")
	}
	if !contains([]byte("my esmtp server"), "SMTP") || contains([]byte("smt"), "SMTP") {
		t.Error("words within lines are found wrongly")
	}
}

func TestReplies(t *testing.T) {
	tests := []struct {
		line, text string
		code       int
		ok         bool
	}{
		{"220 hello", "hello", 220, true},
		{"250-SIZE", "SIZE", 250, true},
		{"221", "", 221, true},
		{"220x", "", 220, false},
		{"620 a", "", 0, false},
		{"2 0 a", "", 0, false},
		{"", "", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			code, text, ok := isReply([]byte(tt.line))
			if code != tt.code || string(text) != tt.text || ok != tt.ok {
				t.Errorf("got %d %q %v, want %d %q %v", code, text, ok, tt.code, tt.text, tt.ok)
			}
		})
	}
}

// What does not tell is waited for while the other end is silent, but not long.
func TestPatience(t *testing.T) {
	s := Segment{FromClient: true, st: &state{}}
	for i := range patience + 2 {
		want := Perhaps
		if i >= patience-1 {
			want = No
		}
		if got := s.wait(); got != want {
			t.Errorf("payload %d: verdict %d, want %d", i, got, want)
		}
		s.st.turns[0].Packets++
	}
	s.st.turns = [2]Turn{1: {Packets: 1}}
	if s.wait() != No || s.yesOrWait(true) != Yes {
		t.Error("the other end has spoken")
	}
}
