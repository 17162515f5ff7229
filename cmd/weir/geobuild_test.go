//go:build !notls

package main

// makesDatabases says whether weir geo build does.
const makesDatabases = true
