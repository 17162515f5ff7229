package rollup

// Find returns the values of one series of a block, and whether it is there.
// It walks the ids and steps over what stands before the row.
func Find(block []byte, key Key) (Values, bool, error) {
	it := NewClassIter(block, key.Class)
	for it.err == nil && it.section.rows == 0 {
		if len(it.rest) == 0 {
			return Values{}, false, nil
		}
		it.open()
	}
	if it.err != nil {
		return Values{}, false, it.err
	}
	index, found := it.section.indexOf(key)
	if !found {
		return Values{}, false, nil
	}
	var v Values
	for c, col := range it.section.columns {
		if col == nil {
			continue
		}
		col = skip(col, index)
		n, ok := take(&col)
		if !ok {
			it.fail("column")
			return Values{}, false, it.err
		}
		*v.column(c) = n
	}
	return v, true, nil
}

// indexOf finds the row of a key.
func (s *section) indexOf(key Key) (int, bool) {
	ids, subs := s.ids, s.subs
	at, sub := uint64(0), uint64(0)
	for i := range s.rows {
		delta, ok := take(&ids)
		if at += delta; !ok || at > uint64(key.ID) {
			return 0, false
		}
		if subs != nil {
			n, ok := take(&subs)
			if !ok {
				return 0, false
			}
			if delta != 0 {
				sub = 0
			}
			sub += n
		}
		if at == uint64(key.ID) && sub == uint64(key.Sub) {
			return int(i), true
		}
	}
	return 0, false
}

// skip steps over n uvarints.
func skip(b []byte, n int) []byte {
	for i, c := range b {
		if n == 0 {
			return b[i:]
		}
		if c < 0x80 {
			n--
		}
	}
	return nil
}
