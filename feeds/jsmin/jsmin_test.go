package jsmin

import "testing"

func TestMinify(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"comments", "'use strict';\n'require weir.api as api';\n// a\nvar a = 1; /* b\nc */ var b = 2;\n", "'use strict';'require weir.api as api';var a=1;var b=2;\n"},
		{"words", "return  a\tin b", "return a in b\n"},
		{"signs", "a + +b - -c++ +d", "a+ +b- -c++ +d\n"},
		{"line ends", "a\nb\n\n\tc = {\n\td: 1,\n\te: [\n\t\t1\n\t]\n}\nf()", "a\nb\nc={d:1,e:[1]\n}\nf()\n"},
		{"after a return", "return\na", "return\na\n"},
		{"strings", `a = "x  //  y" + '\'  /*' + ` + "`  ${b}  `", `a="x  //  y"+'\'  /*'+` + "`  ${b}  `\n"},
		{"expressions", `a.replace( /[/"'] +\/\/ /g , b / c / d)`, `a.replace(/[/"'] +\/\/ /g,b/c/d)` + "\n"},
		{"divisions", "a = b / 2; // half\nc = (d) / e", "a=b/2;c=(d)/e\n"},
		{"chains", "a\n\t.b()\n\t.c()", "a.b().c()\n"},
		{"other letters", "a = 'Gerät' ; ä = b", "a='Gerät';ä=b\n"},
		{"unfinished", "a = 'x", "a='x\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Minify(tt.in); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func FuzzMinify(f *testing.F) {
	f.Add("a = /[/]/ ; // b\n'c' + `d` /* e")
	f.Fuzz(func(t *testing.T, in string) {
		once := Minify(in)
		if len(once) > len(in)+1 {
			t.Errorf("%d bytes became %d", len(in), len(once))
		}
	})
}
