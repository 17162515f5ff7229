package geo

import (
	"math/rand/v2"
	"testing"

	"weir/internal/packet"
)

func BenchmarkLookup(b *testing.B) {
	lines := truth(internet(1, fullSize4, fullSize6))
	text := iptoasn(lines)
	country, asn := open(b, build(b, Country, text)), open(b, build(b, ASN, text))
	r := rand.New(rand.NewPCG(2, 2))
	hosts := make([]packet.Addr, 1<<14)
	for i := range hosts {
		hosts[i] = packet.AddrOf(lines.ask(r))
	}
	b.Run("country/any", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			country.Country(hosts[i%len(hosts)])
		}
	})
	b.Run("country/few", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			country.Country(hosts[i%16])
		}
	})
	b.Run("asn/any", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			asn.ASN(hosts[i%len(hosts)])
		}
	})
	b.Run("asn/few", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			asn.ASN(hosts[i%8])
		}
	})
	b.Run("name", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			asn.ASName(lines[i*97%len(lines)].holder.asn)
		}
	})
}
