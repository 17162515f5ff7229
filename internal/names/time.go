package names

// seconds is a time as the tables keep it.
func seconds(now int64) uint32 { return uint32(max(now, 0) / 1_000_000) }

// micros is the other way.
func micros(at uint32) int64 { return int64(at) * 1_000_000 }

// shiftSeconds moves a time between from and to by delta seconds.
func shiftSeconds(t *uint32, delta int64, from, to uint32) {
	if *t >= from && *t <= to {
		*t = uint32(max(int64(*t)+delta, 0))
	}
}

// shiftMicros moves a time between from and to by delta.
func shiftMicros(t *int64, delta, from, to int64) {
	if *t >= from && *t <= to {
		*t += delta
	}
}
