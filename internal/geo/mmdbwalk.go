package geo

import (
	"errors"
	"fmt"
)

// walk calls each for every record of the tree, in the order of its addresses,
// IPv4 as such; what other parts of an IPv6 tree share with IPv4 (the networks of
// 6to4, Teredo and mapped addresses) is left out.
func (m *mmdb) walk(each func(s space, from, to key, r mmdbRecord) error) error {
	w := mmdbWalk{m: m, each: each, space: ipv4}
	if err := w.node(m.v4Root, key{}, 96); err != nil || !m.v6 {
		return err
	}
	w.space = ipv6
	return w.node(0, key{}, 0)
}

type mmdbWalk struct {
	m       *mmdb
	each    func(s space, from, to key, r mmdbRecord) error
	space   space  // that is visited
	visited uint32 // nodes
}

// node visits what is below a node whose path is the first depth bits of at. In a
// tree that is one, no node but the root of IPv4 is met twice.
func (w *mmdbWalk) node(node uint32, at key, depth int) error {
	switch {
	case node == w.m.nodes, w.space == ipv6 && node == w.m.v4Root:
		return nil
	case node > w.m.nodes:
		return w.leaf(node-w.m.nodes-separatorSize, at, depth)
	}
	if w.visited++; w.visited > w.m.nodes || depth == 128 {
		return errors.New("has a search tree that is no tree; fetch it again")
	}
	for bit := range uint32(2) {
		w.m.mu.Lock()
		child := w.m.child(node, bit)
		w.m.mu.Unlock()
		to := at
		if bit == 1 {
			to = at.plus(key{0, 1}.shiftLeft(127 - depth))
		}
		if err := w.node(child, to, depth+1); err != nil {
			return err
		}
	}
	if n := w.m.pages.damaged.Load(); n > 0 {
		return fmt.Errorf("cannot be read: %d damaged places", n)
	}
	return nil
}

func (w *mmdbWalk) leaf(record uint32, at key, depth int) error {
	w.m.mu.Lock()
	r := w.m.record(record)
	w.m.mu.Unlock()
	return w.each(w.space, at, at.plus(key{0, 1}.shiftLeft(128-depth).minus(key{0, 1})), r)
}
