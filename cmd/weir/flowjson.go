package main

import (
	"strconv"

	"weir/internal/api"
	"weir/internal/apps"
	"weir/internal/engine"
	"weir/internal/flow"
)

// appendFlowJSON appends one flow of the capture called name as a line of JSON,
// its client first. What is not known is left out.
func appendFlowJSON(dst []byte, name string, r *flow.Record, n named) []byte {
	c, s := r.Client, r.Client.Other()
	dst = append(dst, `{"pcap":"`...)
	dst = api.AppendText(dst, name)
	dst = append(dst, `","proto":`...)
	dst = strconv.AppendUint(dst, uint64(r.Key.Proto), 10)
	dst = appendEndJSON(dst, `,"src":"`, `,"sport":`, &r.Key, c)
	dst = appendEndJSON(dst, `,"dst":"`, `,"dport":`, &r.Key, s)
	dst = appendNameJSON(dst, `,"l7":"`, n.Protocol())
	dst = appendNameJSON(dst, `,"app":"`, n.App())
	if c := n.Category(); c != apps.Other.String() {
		dst = appendNameJSON(dst, `,"category":"`, c)
	}
	dst = appendNameJSON(dst, `,"host":"`, n.Host())
	if d := n.Detail(); d != nil {
		dst = appendNameJSON(dst, `,"ja4":"`, d.JA4)
		dst = appendNameJSON(dst, `,"alpn":"`, d.ALPN)
		dst = appendNameJSON(dst, `,"version":"`, d.Version)
	}
	dst = appendPairJSON(dst, `,"pkts":[`, r.Packets[c], r.Packets[s])
	dst = appendPairJSON(dst, `,"bytes":[`, r.Bytes[c], r.Bytes[s])
	return append(dst, "}\n"...)
}

// named is an engine.Named.
type named interface {
	Protocol() string
	App() string
	Category() string
	Host() []byte
	Detail() *engine.Detail
}

// appendNameJSON appends a name, nothing when it is not known.
func appendNameJSON[S string | []byte](dst []byte, key string, name S) []byte {
	if len(name) == 0 {
		return dst
	}
	return append(api.AppendText(append(dst, key...), name), '"')
}

func appendEndJSON(dst []byte, addr, port string, k *flow.Key, e flow.End) []byte {
	dst = append(dst, addr...)
	dst = k.Addr(e).Append(dst)
	dst = append(dst, '"')
	dst = append(dst, port...)
	return strconv.AppendUint(dst, uint64(k.Port(e)), 10)
}

func appendPairJSON(dst []byte, name string, a, b uint64) []byte {
	dst = append(dst, name...)
	dst = strconv.AppendUint(dst, a, 10)
	dst = append(dst, ',')
	dst = strconv.AppendUint(dst, b, 10)
	return append(dst, ']')
}
