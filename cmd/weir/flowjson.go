package main

import (
	"strconv"

	"weir/internal/api"
	"weir/internal/flow"
)

// appendFlowJSON appends one flow of the capture called name as a line of JSON,
// its client first. What is not known is left out.
func appendFlowJSON(dst []byte, name, app string, r *flow.Record) []byte {
	c, s := r.Client, r.Client.Other()
	dst = append(dst, `{"pcap":"`...)
	dst = api.AppendText(dst, name)
	dst = append(dst, `","proto":`...)
	dst = strconv.AppendUint(dst, uint64(r.Key.Proto), 10)
	dst = appendEndJSON(dst, `,"src":"`, `,"sport":`, &r.Key, c)
	dst = appendEndJSON(dst, `,"dst":"`, `,"dport":`, &r.Key, s)
	if app != "" {
		dst = append(dst, `,"l7":"`...)
		dst = api.AppendText(dst, app)
		dst = append(dst, '"')
	}
	dst = appendPairJSON(dst, `,"pkts":[`, r.Packets[c], r.Packets[s])
	dst = appendPairJSON(dst, `,"bytes":[`, r.Bytes[c], r.Bytes[s])
	return append(dst, "}\n"...)
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
