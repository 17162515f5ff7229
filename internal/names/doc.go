// Package names knows what the addresses of a network are called, as its own DNS
// traffic tells it: which name a device asked for before it talked to an address,
// what is asked how often and with what result, whose resolvers are used, and who
// talks to addresses that nobody asked about.
//
// Names puts the parts together. Message, Answer and Done take a DNS message that
// somebody else parsed; Lookup gives the name that a client asked for when it
// opened a flow; the rest are rows for queries.
//
// Nothing is kept that the privacy level or a private device forbids: every text
// passes the Reducer before it reaches the Pool, which alone holds texts. All else
// refers to them by handle.
//
// Every table is bounded by Config and says in Stats what it refused or gave up.
// Nothing grows with what hostile packets say, and nothing allocates once the
// tables have grown to their bounds, except rows for queries. Nothing is safe for
// concurrent use: the engine calls all of it under its lock. Times are
// microseconds since the Unix epoch; inside, most are seconds in 32 bits.
package names
