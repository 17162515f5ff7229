// Package luciapp holds the pages of weir as they are served without OpenWrt:
// the view files that LuCI shows on a router, and a small runtime that offers
// them what LuCI would.
//
// Load makes a Site of them, all in memory and about 400 kB; a Site is read only
// and may be used from several goroutines at once. Builds with the tag notls hold
// none of it: on a router LuCI serves the pages from its disk.
//
// The files: htdocs are the pages and po their words, which the LuCI package
// installs; standalone/runtime is the machinery of a page, standalone/resources
// are the classes that pages ask for with 'require NAME', and index.html and
// login.html the two documents there are.
package luciapp
