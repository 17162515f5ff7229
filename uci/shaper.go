package uci

import "strconv"

// Shaper is a queue of /etc/config/sqm: what its user says that a line carries, in
// bits per second; 0 is not limited.
type Shaper struct {
	Device   string
	Down, Up uint64
}

// maxShapers is how many are read.
const maxShapers = 16

func readShapers(p *Package, r *Router) {
	for i := range p.Sections {
		s := &p.Sections[i]
		if s.Type != "queue" || !isOn(s.Text("enabled")) || s.Text("interface") == "" || len(r.Shapers) >= maxShapers {
			continue
		}
		rate := func(option string) uint64 {
			kbit, err := strconv.ParseUint(s.Text(option), 10, 40)
			if err != nil {
				return 0
			}
			return kbit * 1000
		}
		r.Shapers = append(r.Shapers, Shaper{s.Text("interface"), rate("download"), rate("upload")})
	}
}
