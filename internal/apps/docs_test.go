package apps

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docsNames is how many of an application's names the page shows.
const docsNames = 4

var docsFile = filepath.FromSlash("../../docs/applications.md")

// TestDocs writes the page on applications from the table.
func TestDocs(t *testing.T) {
	want := page(table(t))
	if *update {
		if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/applications.md is not what the table says; run: go generate ./internal/apps")
	}
}

// page writes the whole page.
func page(all []application) string {
	of := make(map[Category][]application)
	suffixes, networks := 0, 0
	for _, a := range all {
		of[a.category] = append(of[a.category], a)
		suffixes += len(a.suffixes)
		networks += len(a.networks)
	}
	var b strings.Builder
	fmt.Fprintf(&b, docsIntro, len(all), len(of), suffixes, networks)
	b.WriteString("\n| category | applications | |\n|---|---:|---|\n")
	for c := Other + 1; c < numCategories; c++ {
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %s |\n", c, c, len(of[c]), c.About())
	}
	for c := Other + 1; c < numCategories; c++ {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n| application | names | |\n|---|---:|---|\n", c, strings.ToUpper(c.About()[:1])+c.About()[1:])
		for _, a := range of[c] {
			fmt.Fprintf(&b, "| %s | %d | %s |\n", a.name, len(a.suffixes), toldBy(&a))
		}
	}
	return b.String()
}

// toldBy shows some of an application's names, and what else tells it.
func toldBy(a *application) string {
	var out []string
	for i, s := range a.suffixes {
		if i == docsNames {
			out = append(out, "…")
			break
		}
		out = append(out, "`"+s+"`")
	}
	if n := len(a.networks); n == 1 {
		out = append(out, "1 network")
	} else if n > 1 {
		out = append(out, fmt.Sprintf("%d networks", n))
	}
	for _, p := range a.ports {
		name := map[uint8]string{6: "tcp", 17: "udp"}[p.Proto]
		if p.First == p.Last {
			out = append(out, fmt.Sprintf("%s/%d", name, p.First))
		} else {
			out = append(out, fmt.Sprintf("%s/%d-%d", name, p.First, p.Last))
		}
	}
	return strings.Join(out, " ")
}

const docsIntro = `# Applications

<!-- Made from internal/apps/table by: go generate ./internal/apps -->

weir knows %d applications in %d categories by %d names and %d networks of their servers. A flow's application is found in
this order; the first that answers decides, and the flow says which it was:

1. **Your own**: ` + "`config application`" + ` in [the configuration](configuration.md), by domain, else by network and port. One with the
   name of a built-in application adds to that.
2. **The name** that the client asked for, as TLS, QUIC, HTTP or DNS tell it: the longest name of the table that it ends with,
   label by label. ` + "`mail.google.com`" + ` is gmail, ` + "`notyoutube.com`" + ` is nobody's. A name that ends in ` + "`.*`" + ` stands for that name in
   every country.
3. **The network** of the server, where its owner publishes that it serves one application alone.
4. **The port**, a hint for flows that nothing else names.

Names in the category [infra](#infra) say whose machines answered: a content delivery network, a cloud, a hoster, a provider.
What they carried is not known, and weir does not guess. Names *on* such machines that belong to one application, as
` + "`nflxvideo.net`" + ` does, name that application. The category adult is one application: which site it was is nobody's business.

To add or correct one, edit a line of ` + "`internal/apps/table`" + `; its README tells how.
`
