package uci

import _ "embed"

// DefaultFile is the file that is installed as /etc/config/weir: every
// section and option in comments, with its meaning and its default. It is
// written from the tables of this package.
//
//go:embed weir.config
var DefaultFile string
