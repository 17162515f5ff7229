package home

import _ "embed"

// Places tells where the far ends of the household are, and whose networks they
// are in, as iptoasn.com publishes it: a source for "weir geo build".
//
//go:embed places.tsv
var Places string
