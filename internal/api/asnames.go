package api

import "weir/internal/engine"

// asNames are who autonomous systems belong to.
type asNames map[uint32]string

// asNamesOf asks for the names of systems, of which some may be 0.
func asNamesOf(b *Backend, all []uint32) asNames {
	names := make(asNames)
	for _, asn := range all {
		if _, ok := names[asn]; !ok && asn != 0 && b.World != nil {
			names[asn] = b.World.ASName(asn)
		}
	}
	return names
}

func peerASNs(places []engine.PeerPlace) (all []uint32) {
	for i := range places {
		all = append(all, places[i].ASN)
	}
	return all
}

// nameSystems fills in whom the systems at the ends of flows belong to.
func nameSystems(b *Backend, rows []engine.FlowRow) {
	var all []uint32
	for i := range rows {
		all = append(all, rows[i].Client.ASN, rows[i].Server.ASN)
	}
	names := asNamesOf(b, all)
	for i := range rows {
		f := &rows[i]
		f.Client.ASName, f.Server.ASName = names[f.Client.ASN], names[f.Server.ASN]
	}
}
