package dpi

// elasticsearch recognises the protocol that Elasticsearch's nodes speak with each
// other; its clients speak HTTP.
var elasticsearch = Detector{Elasticsearch, OverTCP, detectElasticsearch,
	"the header that nodes begin messages to each other with"}

func detectElasticsearch(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	magic, size := c.u16(), int64(c.u32())
	return s.yesOrWait(magic == 'E'<<8|'S' && !c.short && size > 12 && size+6 >= int64(s.fresh) && size < 1<<24 && len(c.b) >= 13 && c.b[8]&^0x1f == 0 && c.b[9] == 0)
}
