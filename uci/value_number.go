package uci

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"weir/internal/logfmt"
)

// boolean accepts the words that OpenWrt's own scripts accept.
func boolean(field *bool) value {
	return scalar(field, codec[bool]{
		allow: "1 or 0 (on, off, true, false, yes, no, enabled, disabled)",
		parse: parseBoolean,
		format: func(b bool) string {
			if b {
				return string(On)
			}
			return string(Off)
		},
	})
}

func parseBoolean(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "1", "on", "true", "yes", "enabled":
		return true, nil
	case "0", "off", "false", "no", "disabled":
		return false, nil
	}
	return false, errors.New("is neither yes nor no")
}

// choice is a boolean or the word auto.
func choice(field *Choice) value {
	return scalar(field, codec[Choice]{
		allow: "auto, 1 or 0",
		parse: func(text string) (Choice, error) {
			on, err := parseBoolean(text)
			switch {
			case strings.EqualFold(text, string(Auto)):
				return Auto, nil
			case err != nil:
				return "", errors.New("is neither auto, yes nor no")
			case on:
				return On, nil
			}
			return Off, nil
		},
		format: func(c Choice) string { return string(c) },
	})
}

// number is a decimal integer from low to high.
func number(field *int, low, high int) value {
	return scalar(field, numberCodec(low, high))
}

func numberList(field *[]int, low, high int) value {
	return list(field, numberCodec(low, high))
}

func numberCodec(low, high int) codec[int] {
	return codec[int]{
		allow: fmt.Sprintf("a number from %d to %d", low, high),
		parse: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			switch {
			case errors.Is(err, strconv.ErrRange):
				return 0, errors.New("is out of range")
			case err != nil:
				return 0, errors.New("is not a whole number")
			case n < low || n > high:
				return 0, errors.New("is out of range")
			}
			return n, nil
		},
		format: strconv.Itoa,
	}
}

// units of duration, the largest first so that formatting finds the shortest
// text.
var durationUnits = []struct {
	suffix string
	length time.Duration
}{
	{"y", 365 * 24 * time.Hour}, {"d", 24 * time.Hour},
	{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
}

const maxDuration = 100 * 365 * 24 * time.Hour

// duration is a number of seconds or a number with a unit, from low to high.
func duration(field *time.Duration, low, high time.Duration) value {
	return scalar(field, codec[time.Duration]{
		allow: fmt.Sprintf("seconds or a number with s, m, h, d or y (60, 5m, 6h, 30d), from %s to %s",
			formatDuration(low), formatDuration(high)),
		parse: func(text string) (time.Duration, error) {
			d, err := parseDuration(text)
			if err == nil && (d < low || d > high) {
				err = errors.New("is out of range")
			}
			return d, err
		},
		format: formatDuration,
	})
}

func parseDuration(text string) (time.Duration, error) {
	digits, unit := text, time.Second
	for _, u := range durationUnits {
		if rest, ok := strings.CutSuffix(text, u.suffix); ok {
			digits, unit = rest, u.length
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 40)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errors.New("is not a duration")
	}
	if err != nil || n > uint64(maxDuration/unit) {
		return 0, errors.New("is longer than 100 years")
	}
	return time.Duration(n) * unit, nil
}

// formatDuration is the inverse of parseDuration: the largest unit that
// divides d.
func formatDuration(d time.Duration) string {
	for _, u := range durationUnits {
		if d != 0 && d%u.length == 0 {
			return strconv.FormatInt(int64(d/u.length), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}

// size is a number of bytes with or without K, M, G or T (powers of 1024),
// from low to high.
func size(field *int64, low, high int64) value {
	return scalar(field, sizeCodec(low, high))
}

// autoSize is a size or the word auto, which is kept as 0.
func autoSize(field *int64, low, high int64) value {
	c := sizeCodec(low, high)
	parse, format := c.parse, c.format
	c.allow = "auto or " + c.allow
	c.parse = func(text string) (int64, error) {
		if strings.EqualFold(text, "auto") {
			return 0, nil
		}
		return parse(text)
	}
	c.format = func(n int64) string {
		if n == 0 {
			return "auto"
		}
		return format(n)
	}
	return scalar(field, c)
}

func sizeCodec(low, high int64) codec[int64] {
	return codec[int64]{
		allow: fmt.Sprintf("bytes or a number with K, M, G or T (512K, 2M, 1G), from %s to %s", formatSize(low), formatSize(high)),
		parse: func(text string) (int64, error) {
			n, err := parseSize(text)
			if err == nil && (n < low || n > high) {
				err = errors.New("is out of range")
			}
			return n, err
		},
		format: formatSize,
	}
}

const sizeSuffixes = "KMGT"

const maxSize = 1 << 50

func parseSize(text string) (int64, error) {
	digits, shift := strings.TrimSuffix(strings.ToUpper(text), "B"), 0
	if digits != "" {
		if i := strings.IndexByte(sizeSuffixes, digits[len(digits)-1]); i >= 0 {
			digits, shift = digits[:len(digits)-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errors.New("is not a size")
	}
	if err != nil || n > maxSize>>shift {
		return 0, errors.New("is out of range")
	}
	return int64(n) << shift, nil
}

func formatSize(n int64) string {
	suffix := ""
	for i := range len(sizeSuffixes) {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, suffix = n/1024, sizeSuffixes[i:i+1]
	}
	return strconv.FormatInt(n, 10) + suffix
}

// logLevel is one of the log's levels by the name syslog users know.
func logLevel(field *logfmt.Level) value {
	return scalar(field, codec[logfmt.Level]{
		allow: "debug, info, warn or error",
		parse: func(text string) (logfmt.Level, error) {
			switch strings.ToLower(text) {
			case "debug":
				return logfmt.Debug, nil
			case "info", "notice":
				return logfmt.Info, nil
			case "warn", "warning":
				return logfmt.Warn, nil
			case "error", "err":
				return logfmt.Error, nil
			}
			return 0, errors.New("is not a level")
		},
		format: func(l logfmt.Level) string { return strings.ToLower(l.String()) },
	})
}
