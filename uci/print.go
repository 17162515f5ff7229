package uci

// secretText stands for a secret wherever a configuration is shown.
const secretText = "***"

// AppendUCI appends the effective configuration, every option with its value
// in force, in UCI's grammar, and returns the extended slice. Reading it back
// gives an equal Config, but for secrets, which are shown as ***. What has
// neither a value nor a default is a comment.
func (c *Config) AppendUCI(dst []byte) []byte {
	first := true
	for _, k := range kinds() {
		for _, s := range k.all(c) {
			if !first {
				dst = append(dst, '\n')
			}
			first = false
			dst = appendSection(dst, k, s)
		}
	}
	return dst
}

func appendSection(dst []byte, k kind, s section) []byte {
	dst = append(dst, "config "...)
	dst = append(dst, k.typ...)
	if id := s.id(); validName(id, 0) {
		dst = append(dst, ' ')
		dst = appendQuoted(dst, id)
	}
	dst = append(dst, '\n')
	for _, f := range s.fields() {
		if !f.alias {
			dst = appendField(dst, f)
		}
	}
	return dst
}

func appendField(dst []byte, f field) []byte {
	keyword := "\toption "
	if f.value.list {
		keyword = "\tlist "
	}
	texts := f.value.texts()
	if len(texts) == 0 {
		texts = []string{""}
	}
	for _, text := range texts {
		if f.secret && text != "" {
			text = secretText
		}
		line := keyword
		if text == "" && !(f.value.list && f.def != "") {
			line = "#\t" + keyword[1:] // it says the same as the default
		}
		dst = append(dst, line...)
		dst = append(dst, f.name...)
		dst = append(dst, ' ')
		dst = appendQuoted(dst, text)
		dst = append(dst, '\n')
	}
	return dst
}
