package uci

// Severity is how much an alert matters.
type Severity string

// Severities, the least first.
const (
	SeverityInfo     Severity = "info"
	SeverityNotice   Severity = "notice"
	SeverityWarning  Severity = "warning"
	SeverityError    Severity = "error"
	SeverityCritical Severity = "critical"
)

func severity(field *Severity) value {
	return oneOf(field, SeverityInfo, SeverityNotice, SeverityWarning, SeverityError, SeverityCritical)
}

// Alert is config alert: one rule, named by the section.
type Alert struct {
	Ident
	Enabled   bool
	Severity  Severity
	Threshold int64    // in the rule's own unit; 0: the rule's default
	Targets   []string // sections of notify; empty: all
}

func (a *Alert) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&a.Enabled), def: "1", help: "Watch for it."},
		{name: "severity", value: severity(&a.Severity), def: "warning", help: "How much it matters."},
		{name: "threshold", value: size(&a.Threshold, 0, maxSize), def: "0", help: "From where on it is raised, in the rule's unit; 0 takes the rule's default."},
		{name: "target", value: textList(&a.Targets), example: "phone", help: "Names of the notify sections it is sent to; without it all."},
	}
}

// Notify is config notify: one receiver of alerts.
type Notify struct {
	Ident
	Enabled  bool
	Kind     string
	URL      string
	HostPort string
	User     string
	Password string
	Token    string
	Chat     string
	Topic    string
	From     string
	To       []string
	Command  string
	Severity Severity // the least that is sent
}

func (n *Notify) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&n.Enabled), def: "1", help: "Send alerts here."},
		{name: "kind", value: oneOf(&n.Kind, "syslog", "webhook", "ntfy", "telegram", "smtp", "mqtt", "ubus", "exec"), required: true, example: "ntfy", help: "How they are sent."},
		{name: "url", value: webAddress(&n.URL, "https", "http"), example: "https://ntfy.example.org/weir", help: "Address, for webhook and ntfy."},
		{name: "host_port", value: target(&n.HostPort), example: "mail.example.org:587", help: "Server, for smtp and mqtt, and for syslog elsewhere."},
		{name: "user", value: text(&n.User), example: "weir", help: "User name, for smtp and mqtt."},
		{name: "password", value: text(&n.Password), secret: true, example: "secret", help: "Password, for smtp and mqtt."},
		{name: "token", value: text(&n.Token), secret: true, example: "secret", help: "Access token, for webhook, ntfy and telegram."},
		{name: "chat", value: name(&n.Chat), example: "12345", help: "Chat to write to, for telegram."},
		{name: "topic", value: name(&n.Topic), example: "weir/alerts", help: "Topic, for mqtt."},
		{name: "from", value: text(&n.From), example: "weir@example.org", help: "Sender, for smtp."},
		{name: "to", value: textList(&n.To), example: "anna@example.org", help: "Receivers, for smtp."},
		{name: "command", value: path(&n.Command), example: "/etc/weir/alert.sh", help: "Program to run with the alert on its input, for exec."},
		{name: "severity", value: severity(&n.Severity), def: "warning", help: "The least severity that is sent."},
	}
}

// notifyNeeds lists the options a kind of receiver cannot do without.
var notifyNeeds = map[string][]string{
	"webhook":  {"url"},
	"ntfy":     {"url"},
	"telegram": {"token", "chat"},
	"smtp":     {"host_port", "from", "to"},
	"mqtt":     {"host_port", "topic"},
	"exec":     {"command"},
}

func (n *Notify) check(report func(option, reason, hint string)) {
	checkNeeds(n.fields(), n.Kind, notifyNeeds[n.Kind], report)
}

// checkNeeds reports those of the needed options that are empty.
func checkNeeds(fields []field, kind string, needed []string, report func(option, reason, hint string)) {
	for _, f := range fields {
		for _, need := range needed {
			if texts := f.value.texts(); f.name == need && (len(texts) == 0 || texts[0] == "") {
				report(f.name, "is missing, and kind "+kind+" needs it", "give "+f.value.allowed)
			}
		}
	}
}
