package conntrack

// Facts are what can be known of connection tracking before it is read.
type Facts struct {
	Tracking   bool  // the kernel tracks connections (nf_conntrack)
	Accounting bool  // and counts their bytes (nf_conntrack_acct)
	Timestamps bool  // and keeps their times (nf_conntrack_timestamp)
	Netlink    bool  // ctnetlink answers, and this process may ask
	Entries    int   // at present
	Max        int   // that the kernel keeps
	Err        error // why not, with the remedy; nil when it can be read
}
