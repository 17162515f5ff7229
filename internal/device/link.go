package device

import "weir/internal/packet"

// Link is how a device is connected by radio. Rates are kbit/s, zero where they are
// not known, as is the signal.
type Link struct {
	Point   string // interface of the access point
	SSID    string
	Freq    uint16 // MHz
	Signal  int8   // dBm, below 0
	RxRate  uint32 // at which the device sends to us
	TxRate  uint32 // at which we send to it
	Since   int64  // when it was first met there, microseconds since the Unix epoch
	Roamed  uint16 // how often it went from one access point of ours to another
	current bool   // told of in the present round
}

// Band returns the band of the link as it is spoken of, "" when it is not known.
func (l *Link) Band() string {
	switch {
	case l.Freq == 0:
		return ""
	case l.Freq < 3000:
		return "2.4 GHz"
	case l.Freq < 5925:
		return "5 GHz"
	case l.Freq < 7200:
		return "6 GHz"
	}
	return "60 GHz"
}

// Station is a device that an access point of this machine serves.
type Station struct {
	MAC    packet.MAC
	Point  string // interface of the access point
	SSID   string
	Freq   uint16 // MHz
	Signal int8   // dBm; 0 where it is not known
	RxRate uint32 // kbit/s
	TxRate uint32
}

// SetStations says which stations there are, at all access points, and no others.
// A station is there, however quiet it is: it would be dropped otherwise.
func (s *Devices) SetStations(all []Station, now int64) {
	for _, d := range s.list {
		if d.Link != nil {
			d.Link.current = false
		}
	}
	for i := range all {
		st := &all[i]
		d := s.ofMAC(st.MAC, now)
		if d == nil {
			continue
		}
		d.Heard(now)
		l := d.Link
		switch {
		case l == nil:
			l = &Link{Since: now}
			d.Link = l
		case l.current:
			continue // two radios of one device: the first one is shown
		case l.Point != st.Point:
			l.Since = now
			l.Roamed++
		}
		l.Point, l.SSID, l.Freq, l.Signal, l.RxRate, l.TxRate, l.current = st.Point, st.SSID, st.Freq, st.Signal, st.RxRate, st.TxRate, true
		d.Tell(StationOf, []byte(st.SSID), now)
	}
	for _, d := range s.list {
		if d.Link != nil && !d.Link.current {
			d.Link = nil
		}
	}
}
