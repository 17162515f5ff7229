package pages

import (
	"fmt"
	"regexp"
	"strings"
)

// Option is an option as the reference has it, or Settings.
type Option struct {
	Section string
	Name    string
	Takes   string // in the words of options.js
	Default string
	Help    string
}

// sign is what the reference says of what cannot be used yet, or need not be.
var sign = []string{"Checked, but not acted on", "Another name of the option"}

var (
	heading = regexp.MustCompile(`^## config (\w+)`)
	row     = regexp.MustCompile("^\\| (list )?`(\\w+)` \\| (.*?) \\| (.*?) \\| (.*) \\|$")
)

// Reference returns the options of docs/configuration.md that weir acts on, in order.
func Reference(text string) ([]Option, error) {
	var all []Option
	section, skip := "", false
	for _, line := range strings.Split(text, "\n") {
		if m := heading.FindStringSubmatch(line); m != nil {
			section, skip = m[1], false
			continue
		}
		m := row.FindStringSubmatch(line)
		unused := strings.Contains(line, sign[0]) || strings.Contains(line, sign[1])
		if m == nil {
			skip = skip || unused // the words below the heading
			continue
		}
		if skip || unused || section == "" {
			continue
		}
		o := Option{Section: section, Name: m[2], Help: m[3], Default: strings.ReplaceAll(m[4], "`", "")}
		takes, err := takesOf(m[5])
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", section, o.Name, err)
		}
		switch o.Default {
		case "required":
			o.Default, takes = "", "!"+takes
		case "–":
			o.Default = ""
		}
		if m[1] != "" {
			takes = "*" + takes
		}
		o.Takes = takes
		all = append(all, o)
	}
	return all, nil
}

// notYet are words of options that weir takes and does not act on.
var notYet = map[string]string{"count or classify": "count"}

// forms are what the reference says of values, and the same in options.js; $1 and
// so on are groups.
var forms = []struct {
	said *regexp.Regexp
	kind string
}{
	{regexp.MustCompile(`^1 or 0 \(on, .*\)$`), "@flag"},
	{regexp.MustCompile(`^a network of /etc/config/network \(lan\), a device \(.*\), or none$`), "none|@name"},
	{regexp.MustCompile(`^a network of /etc/config/network \(lan\) or a device \(.*\)$`), "@name"},
	{regexp.MustCompile(`^a network \(.*\) or one address$`), "@cidr"},
	{regexp.MustCompile(`^bytes or a number with K, M, G or T \(.*\), from (\w+) to (\w+)$`), "@size:$1:$2"},
	{regexp.MustCompile(`^auto or bytes or a number with K, M, G or T \(.*\), from (\w+) to (\w+)$`), "auto|@size:$1:$2"},
	{regexp.MustCompile(`^seconds or a number with s, m, h, d or y \(.*\), from (\w+) to (\w+)$`), "@time:$1:$2"},
	{regexp.MustCompile(`^a number from (\d+) to (\d+)$`), "@int:$1:$2"},
	{regexp.MustCompile(`^max, or a number from 1x to 1000x$`), "max|@pace"},
	{regexp.MustCompile(`^an absolute path \([^)]*\)$`), "@path"},
	{regexp.MustCompile(`^an absolute path \([^)]*\), or none$`), "none|@path"},
	{regexp.MustCompile(`^a text of at most (\d+) characters$`), "@text:$1"},
	{regexp.MustCompile(`^CLASS:LEVEL .*`), "@series"},
	{regexp.MustCompile(`^STEP:KEEP, .*`), "@tier"},
	{regexp.MustCompile(`^address:port \(.*\)$`), "@listen"},
	{regexp.MustCompile(`^a domain \(.*\)$`), "@domain"},
	{regexp.MustCompile(`^an origin like .*`), "@origin"},
	{regexp.MustCompile(`^a path like .*, without a slash at its end$`), "@base"},
	{regexp.MustCompile(`^a hardware address \(.*\)$`), "@mac"},
	{regexp.MustCompile(`^an IPv4 or IPv6 address$`), "@ip"},
	{regexp.MustCompile(`^a port or range of ports \(.*\)$`), "@ports"},
	{regexp.MustCompile(`^a day from 1 to 31, -1 for the last, or a date like .*`), "@start"},
	{regexp.MustCompile(`^wan, wan:NETWORK, device:NAME or pool:NAME$`), "@scope"},
	{regexp.MustCompile(`^a time of day like .*`), "@hours"},
	{regexp.MustCompile(`^an address that begins with https?:// or https?://$`), "@url"},
}

// takesOf puts what the reference says of values in the words of options.js.
func takesOf(values string) (string, error) {
	if words, ok := notYet[values]; ok {
		return words, nil
	}
	for _, f := range forms {
		if m := f.said.FindStringSubmatchIndex(values); m != nil {
			return string(f.said.ExpandString(nil, f.kind, values, m)), nil
		}
	}
	words := strings.ReplaceAll(strings.ReplaceAll(values, " or ", "|"), ", ", "|")
	if strings.ContainsAny(words, " ()") {
		return "", fmt.Errorf("the reference says %q of its values, which the test cannot read", values)
	}
	return words, nil
}

const text = `'((?:[^'\\]|\\.)*)'`

var (
	pageSection = regexp.MustCompile(`^\t\[ '(\w+)', '(\w*)', _\(` + text + `\), _\(` + text + `\), \[$`)
	pageOption  = regexp.MustCompile(`^\t\t\[ '(\w+)', ` + text + `, ` + text + `, _\(` + text + `\), _\(` + text + `\) \],?$`)
)

// Settings returns the options of options.js, in order.
func Settings(script string) ([]Option, error) {
	var all []Option
	section := ""
	_, lines, _ := strings.Cut(script, "sections: [\n")
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n] });\n"), "\n") {
		if m := pageSection.FindStringSubmatch(line); m != nil {
			section = m[1]
			continue
		}
		m := pageOption.FindStringSubmatch(line)
		switch {
		case m != nil:
			all = append(all, Option{Section: section, Name: m[1], Takes: m[2], Default: m[3], Help: strings.ReplaceAll(m[5], `\'`, "'")})
		case line != "\t] ]," && line != "\t] ]":
			return nil, fmt.Errorf("%q is neither a section nor an option", line)
		}
	}
	return all, nil
}
