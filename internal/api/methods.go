package api

import (
	"context"
	"io"
)

// Methods is every method there is, in the order of the reference.
var Methods = []*Method{
	&statusMethod, &interfacesMethod, &sourcesMethod,
	&summaryMethod, &liveMethod, &searchMethod,
	&flowsMethod, &flowMethod, &flowHistoryMethod, &domainsMethod,
	&hostsMethod, &hostMethod,
	&devicesMethod, &deviceMethod, &activityMethod, &presenceMethod, &wifiMethod,
	&deviceSetMethod, &deviceMergeMethod, &deviceSplitMethod, &deviceUndoMethod, &deviceForgetMethod,
	&appsMethod, &categoriesMethod,
	&dnsTopMethod, &dnsLogMethod, &dnsBypassMethod,
	&portsMethod, &natMethod,
	&countriesMethod, &asnsMethod, &zonesMethod, &networksMethod, &poolsMethod,
	&topMethod, &compareMethod, &matrixMethod,
	&seriesMethod, &seriesListMethod, &coverageMethod, &exportMethod,
	&usageMethod, &quotasMethod, &quotaSetMethod, &quotaResetMethod,
	&alertsMethod, &alertAckMethod, &eventsMethod,
	&dbMethod, &snapshotMethod, &backupMethod, &restoreMethod, &pruneMethod, &resetMethod,
	&configMethod, &diagnosisMethod, &configCheckMethod, &reloadMethod,
}

// Method is one entry of Methods.
type Method struct {
	Name    string // lower_snake
	Doc     string // one sentence
	Write   bool   // it changes something, or needs the right to
	Args    []Arg  // all it takes
	Example string // the arguments of the reference's example, as JSON; "" for none

	// One of these answers: run with a Reply, send with a Stream, take with a
	// Reply to the bytes that were sent along.
	run  func(context.Context, *Backend, Args) (Reply, error)
	send func(context.Context, *Backend, Args) (*Stream, error)
	take func(context.Context, *Backend, Args, io.Reader) (Reply, error)
}

// Reply writes the elements of an answer into an open table. It holds copies of
// what it writes and may be called once, after every lock is released.
type Reply func(*Encoder)

// Lookup returns the method called name, or an Error of MethodNotFound that
// suggests the nearest.
func Lookup(name string) (*Method, error) {
	var names []string
	for _, m := range Methods {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return nil, &Error{MethodNotFound, "there is no method " + quote(name), suggest(name, names)}
}

// Call checks raw against the method's arguments and runs it. The values of raw
// are string, int64, float64, bool or nil, which counts as not given; raw is not
// kept. Errors are for AsError; when there is one, there is no Reply. Methods that
// send or take files are not for Call.
func (m *Method) Call(ctx context.Context, b *Backend, raw map[string]any) (Reply, error) {
	if m.run == nil {
		return nil, m.notACall()
	}
	a, err := m.bind(raw)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.run(ctx, b, a)
}

// Field is one element of a reply. Its Path joins nested names with dots, and
// marks elements of arrays with "[]": "flows[].client.ip".
type Field struct {
	Path string
	Kind Kind
	Null bool // null when it cannot be observed or is not known
	Doc  string
}

// Kind is what a Field holds.
type Kind string

// The kinds of a Field.
const (
	Integer Kind = "integer"
	Number  Kind = "number" // three decimals
	Text    Kind = "string"
	Flag    Kind = "boolean"
	Table   Kind = "object"
	TxRx    Kind = "tx/rx" // an object of two integers, tx and rx
	List    Kind = "array" // its elements have the same path with "[]"
)

// under returns fields with prefix put before each Path.
func under(prefix string, fields []Field) []Field {
	out := make([]Field, len(fields))
	for i, f := range fields {
		f.Path = prefix + "." + f.Path
		out[i] = f
	}
	return out
}

// paged declares the reply of a list method: the frame around its rows.
func paged(items, doc string, row []Field) []Field {
	return append([]Field{
		{"ts", Integer, false, "when it was answered"},
		{"total", Integer, false, "rows that fit the filters"},
		{"truncated", Flag, false, "there are more rows after these"},
		{items, List, false, doc},
		{items + "[]", Table, false, ""},
	}, under(items+"[]", row)...)
}

// single declares the reply of a method that answers one row.
func single(item string, row []Field) []Field {
	return append([]Field{
		{"ts", Integer, false, "when it was answered"},
		{item, Table, false, ""},
	}, under(item, row)...)
}
