// Package geo tells where on the internet an address is, and who made a device: its
// country, its autonomous system and that one's name, and the vendor of a hardware
// address.
//
// [Places] holds the databases in force and exchanges them while they are in use;
// [Database] is one of them, an MMDB file of MaxMind, DB-IP or IPinfo, or one of the
// compact form that [Builder] makes. [Updater] fetches newer ones. What an address
// is for when it is not of the internet, [SpecialOf] knows without any of them.
//
// A database stays in its file. Of it, the heap holds at most 16 pages of 4 kB, what
// is needed to find a page, and, for an MMDB, 12 kB of decoded records; the last 512
// answers are another 14 kB. Lookups do not allocate, but for names. The compact
// form of a table of the whole internet has 1 MB for countries and 2 MB for networks
// with their names; a lookup decodes 64 ranges on average, microseconds.
//
// Files are not trusted: whatever they hold, a lookup ends after bounded work with
// an answer or none, and nothing grows. Each page of the compact form has a
// checksum, which is checked when the page is read; pages that fail are counted.
//
// All but Builder is safe for concurrent use.
package geo
