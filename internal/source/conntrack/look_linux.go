package conntrack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mdlayher/netlink"
)

// settings is where the kernel has its parameters, those of the network namespace
// of the thread that asks.
const settings = "/proc/sys/net/netfilter/nf_conntrack_"

// setting returns a parameter of connection tracking, -1 when there is none.
func setting(name string) int {
	b, err := os.ReadFile(settings + name)
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return -1
	}
	return n
}

// Look returns what is known of the connection tracking of the network namespace
// the calling thread is in. It takes tens of microseconds.
func Look() Facts {
	f := Facts{
		Tracking:   setting("max") >= 0,
		Accounting: setting("acct") > 0,
		Timestamps: setting("timestamp") > 0,
		Entries:    max(0, setting("count")),
		Max:        max(0, setting("max")),
	}
	if !f.Tracking {
		f.Err = ErrNoTracking
		return f
	}
	entries, err := ask()
	if err != nil {
		f.Err = fmt.Errorf("ask connection tracking: %w", explain(err))
		return f
	}
	f.Netlink, f.Entries = true, entries
	return f
}

// answerTime bounds how long ctnetlink may take to answer.
const answerTime = time.Second

// ask has ctnetlink tell how many entries there are: the cheapest question it
// answers. The answer is a part of a dump that never comes to its end (NLM_F_MULTI
// without NLMSG_DONE), so netlink.Conn.Execute would wait for more.
func ask() (entries int, err error) {
	s, err := dial(eventBuffer)
	if err != nil {
		return 0, err
	}
	defer s.conn.Close()
	if err := s.deadline(time.Now().Add(answerTime)); err != nil {
		return 0, err
	}
	_, err = s.conn.Send(netlink.Message{
		Header: netlink.Header{Type: messageStats, Flags: netlink.Request},
		Data:   anyFamily,
	})
	if err != nil {
		return 0, err
	}
	b, err := s.receive()
	if err != nil {
		return 0, err
	}
	return parseStats(b, hostOrder())
}
