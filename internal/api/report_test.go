package api

import "testing"

// Sections that name devices and people stay out of a report, the others are in it.
func TestWithoutDevices(t *testing.T) {
	text := "config weir 'main'\n\tlist interface 'lan'\n\nconfig quota 'a'\n\toption scope 'device:Anna'\n\nconfig notify 'b'\n\toption url 'https://secret'\n\n" +
		"config device\n\toption name 'Anna'\n\nconfig geo 'geo'\n\toption update_every '7d'\n"
	want := "config weir 'main'\n\tlist interface 'lan'\n\nconfig geo 'geo'\n\toption update_every '7d'\n"
	if got := withoutDevices(text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
