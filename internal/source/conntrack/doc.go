// Package conntrack counts flows from the kernel's connection tracking, over
// ctnetlink (linux/netfilter/nfnetlink_conntrack.h). It costs per flow and not
// per packet, sees what flowtables forward past all packet sockets, and knows
// both sides of an address translation.
//
// # How bytes are counted
//
// The kernel keeps two counters per entry and direction. Every entry is read in
// periodic dumps and, for the last time, with the event of its end; what is
// handed to the sink is the difference to a baseline kept here. An entry that is
// there when the source starts begins at what it shows in the first dump, every
// later one at zero. A counter that went back was zeroed by another program
// (conntrack -z, nlbwmon): all it shows then is new. Nothing here ever zeroes a
// counter.
//
// Dumps and events come over two sockets, read by one goroutine, so their order
// is made by rules:
//
//   - The events that are queued when a datagram of a dump was read are handled
//     before it. All that happened before the kernel wrote it is among them.
//   - An entry that ended while a dump is under way is not read from that dump,
//     and neither is one that took its identity again: what the dump shows may
//     be either. Its counters come with the next dump or its own end.
//   - What ended is remembered for ten seconds or two more dumps, whichever is
//     longer. Should another program's full queue make the kernel repeat an
//     event, the second is known.
//   - An entry without an end that no dump shows for as long has vanished. One
//     dump is not enough: made while the kernel resizes its table it may miss
//     some, and an event that found no room comes a second later or more.
//
// # Lost events
//
// The socket of events asks for NETLINK_BROADCAST_ERROR: the kernel keeps an
// ended entry until its last counters were delivered. It tries again after a
// second, then every 10 ms while there is no room. NETLINK_NO_ENOBUFS stays off,
// as all that it does is to keep overruns secret. TestStoppedReader measures the
// four choices with 3,000 entries that end while nobody reads: 102 ends arrive
// without NETLINK_BROADCAST_ERROR and all with it, whatever the other option is.
//
// The price is that a reader which stands still makes the kernel's table fill with
// ended entries, which count against nf_conntrack_max: Run must go on reading, so
// a Sink must not block. A process that is stopped for good is better ended, as
// that frees them at once.
//
// Since Linux 5.19 an entry made while no program of the machine listens has no
// events at all (net.netfilter.nf_conntrack_events=2, the default): those older
// than the source vanish, and what they moved after the last dump that showed them
// is lost. With nf_conntrack_events=1 their ends are told as well.
//
// # Bounds
//
// A baseline takes 48 bytes, and 11 more at most in its index. There are
// Config.MaxEntries at most; an entry beyond that counts for nothing until there
// is room. Batches have source.MaxConnections at most. Nothing is allocated per
// entry or event. Only the kernel and programs with CAP_NET_ADMIN can send to
// the sockets; still, messages that contradict themselves are skipped and counted.
//
// Entries to multicast and broadcast addresses are left out, since packets of
// those are counted where they are captured.
//
// # Rights
//
// All of ctnetlink needs CAP_NET_ADMIN, dumps as well. Sockets are opened on the
// goroutine that calls Run, so a caller that locks it to a thread reads the
// tracking of that thread's network namespace.
package conntrack
