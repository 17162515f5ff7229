package rollup

// sums are the series of one open slot.
type sums struct {
	index map[Key]int32
	rows  []Row
}

func newSums() sums { return sums{index: make(map[Key]int32)} }

// add adds v to a series. When max series are there, a new one goes to the
// Other of its class, which has room beyond max, and add reports false.
func (s *sums) add(k Key, v Values, max int) bool {
	i, ok := s.index[k]
	fits := ok || len(s.rows) < max || k.ID == Other
	if !fits {
		k.ID = Other
		i, ok = s.index[k]
	}
	if !ok {
		i = int32(len(s.rows))
		s.index[k] = i
		s.rows = append(s.rows, Row{Key: k})
	}
	s.rows[i].Add(v)
	return fits
}

// clear forgets the series and keeps the memory.
func (s *sums) clear() {
	clear(s.index)
	s.rows = s.rows[:0]
}
