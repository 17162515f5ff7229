package flowlog

// Search finds flows in blocks, one block after the other. It keeps its memory,
// about 300 KiB, between them, and is not safe for concurrent use.
type Search struct {
	reader Reader
	match  matcher
	lasts  []int64
	rows   []int
}

// NewSearch returns a search for flows that pass f.
func NewSearch(f *Filter) *Search {
	return &Search{match: newMatcher(f)}
}

// MayHave reports whether the block with that header may have a flow that passes.
func (s *Search) MayHave(h *Header) bool { return s.match.block(h) }

// Backward calls fn with the flows of a block that pass, the newest first, and
// their numbers in the block; only those with numbers below before. It ends when
// fn returns false. The flow is fn's to keep; its texts share memory with those
// of other flows of its block.
func (s *Search) Backward(block []byte, before int, fn func(i int, f *Flow) bool) error {
	if err := s.find(block, before); err != nil {
		return err
	}
	for k := len(s.rows) - 1; k >= 0; k-- {
		f := new(Flow)
		s.reader.flow(s.rows[k], s.lasts, f)
		if !fn(s.rows[k], f) {
			break
		}
	}
	return nil
}

// Forward does the same in the order in which the flows ended, from the number
// from on. The flow is valid until fn returns.
func (s *Search) Forward(block []byte, from int, fn func(i int, f *Flow) bool) error {
	if err := s.find(block, BlockFlows); err != nil {
		return err
	}
	var f Flow
	for _, i := range s.rows {
		if i < from {
			continue
		}
		s.reader.flow(i, s.lasts, &f)
		if !fn(i, &f) {
			break
		}
	}
	return nil
}

// find unpacks a block as far as it takes to know which rows pass, and whole if
// any does.
func (s *Search) find(block []byte, before int) (err error) {
	s.rows = s.rows[:0]
	r := &s.reader
	if r.head, err = ReadHeader(block); err != nil || !s.match.block(&r.head) {
		return err
	}
	if err := r.load(block); err != nil {
		return err
	}
	if s.match.need&^wantsNoText != 0 {
		if err := r.spell(); err != nil {
			return err
		}
	}
	if !s.mark() {
		return nil
	}
	if err := s.choose(min(before, r.head.Count)); err != nil || len(s.rows) == 0 {
		return err
	}
	for c := range numColumns {
		if _, err := r.column(c); err != nil {
			return err
		}
	}
	if err := r.spell(); err != nil {
		return err
	}
	return s.times()
}

// times sums up when flows ended.
func (s *Search) times() error {
	deltas, err := s.reader.column(colLast)
	if err != nil {
		return err
	}
	s.lasts = s.lasts[:0]
	last := s.reader.head.base
	for _, d := range deltas {
		last += int64(d)
		s.lasts = append(s.lasts, last)
	}
	return nil
}

// choose sets rows to those before the row before that pass.
func (s *Search) choose(before int) error {
	if err := s.unpackConditions(); err != nil {
		return err
	}
	for i := range before {
		if s.passes(i) {
			s.rows = append(s.rows, i)
		}
	}
	return nil
}

// unpackConditions unpacks the columns that passes looks at.
func (s *Search) unpackConditions() error {
	m := &s.match
	timed := m.From != 0 || m.To != 0
	for _, need := range [...]struct {
		on      bool
		columns []int
	}{
		{m.need != 0, []int{colServer, colClient, colName, colWay, colDetail}},
		{m.Port != 0, []int{colServerPort, colClientPort}},
		{m.MinBytes != 0, []int{colBytesTx, colBytesRx}},
		{timed || m.MinDuration != 0, []int{colDuration}},
	} {
		if !need.on {
			continue
		}
		for _, c := range need.columns {
			if _, err := s.reader.column(c); err != nil {
				return err
			}
		}
	}
	if timed {
		return s.times()
	}
	return nil
}

// passes reports whether row i is looked for.
func (s *Search) passes(i int) bool {
	m, r := &s.match, &s.reader
	v := func(c int) uint64 { return r.values[c][i] }
	switch {
	case m.need != 0 && m.need&^(r.has[0][v(colServer)]|r.has[0][v(colClient)]|r.has[1][v(colName)]|r.has[2][v(colWay)]|r.has[3][v(colDetail)]) != 0,
		m.Port != 0 && uint16(v(colServerPort)) != m.Port && uint16(v(colClientPort)) != m.Port,
		m.MinBytes != 0 && v(colBytesTx)+v(colBytesRx) < m.MinBytes,
		m.MinDuration != 0 && int64(v(colDuration)) < m.MinDuration:
		return false
	}
	if m.From == 0 && m.To == 0 {
		return true
	}
	last := s.lasts[i] + r.head.moved
	return last >= m.From && (m.To == 0 || last-int64(v(colDuration)) < m.To)
}

// mark notes at each entry of the dictionaries what it has of what is looked for,
// and reports whether a flow may have it all.
func (s *Search) mark() bool {
	m, r := &s.match, &s.reader
	if m.need == 0 {
		return true
	}
	s.markTexts()
	s.markAddrs()
	all := uint32(0)
	for d, dict := range r.dicts() {
		r.has[d] = append(r.has[d][:0], 0)
		for i := 1; i <= dict.len(); i++ {
			has := s.entry(d, dict, i)
			r.has[d] = append(r.has[d], has)
			all |= has
		}
	}
	return m.need&^all == 0
}

// entry returns what an entry has.
func (s *Search) entry(d int, dict *entries, i int) (has uint32) {
	m, r := &s.match, &s.reader
	e := dict.at(i)
	for k, kind := range dict.kinds {
		switch kind {
		case isText:
			has |= r.textHas[e[k]] & wantText
		case isAddr:
			has |= r.addrHas[e[k]]
		case isNumber:
		}
	}
	is := func(text uint32, want string, bit uint32) {
		if m.need&bit != 0 && r.str(text) == want {
			has |= bit
		}
	}
	switch d {
	case 0:
		if n := e[endDevice]; n != 0 && m.isDevice(r.head.Devices[n-1]) {
			has |= wantDevice
		}
		if e[endCountry] == uint32(m.country) {
			has |= wantCountry
		}
		if e[endASN] == m.ASN {
			has |= wantASN
		}
		has |= r.textHas[e[endName]] & wantName
	case 1:
		is(uint32(appOf(e)), string(unknown(m.App)), wantApp)
		is(uint32(appOf(e)), m.App, wantApp)
		is(e[nameProtocol], string(unknown(m.Protocol)), wantProtocol)
		is(e[nameCategory], m.Category, wantCategory)
		if e[nameProto] == uint32(m.Proto) {
			has |= wantProto
		}
		has |= r.textHas[e[nameHost]] & wantName
	case 2:
		is(e[wayDir], m.Dir, wantDir)
		is(e[wayInterface], m.Interface, wantInterface)
		is(e[wayUplink], m.Uplink, wantUplink)
		is(e[wayMapping], m.Mapping, wantMapping)
	}
	return has
}

// markTexts notes which texts have what is looked for.
func (s *Search) markTexts() {
	m, r := &s.match, &s.reader
	r.textHas = append(r.textHas[:0], 0)
	if !r.spelled {
		r.textHas = append(r.textHas, make([]uint32, r.head.dicts[0])...)
		return
	}
	for i := 1; i <= r.texts.len(); i++ {
		has, t := uint32(0), r.texts.text(i)
		if len(m.name) > 0 && m.in(t, m.name) {
			has |= wantName
		}
		if len(m.text) > 0 && m.in(t, m.text) {
			has |= wantText
		}
		r.textHas = append(r.textHas, has)
	}
}

// markAddrs notes which addresses do.
func (s *Search) markAddrs() {
	m, r := &s.match, &s.reader
	var room [64]byte
	r.addrHas = append(r.addrHas[:0], 0)
	for i := range r.addrs.list {
		a := &r.addrs.list[i]
		has := uint32(0)
		if m.IP.IsValid() && m.IP.Contains(a.IP()) {
			has |= wantIP
		}
		if len(m.text) > 0 && m.in(a.Append(room[:0]), m.text) {
			has |= wantText
		}
		r.addrHas = append(r.addrHas, has)
	}
}
